package supervisor

import (
	"context"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/actors/worker"
	"orchestrator-watchdog/messages/mailbox"
)

const (
	// keepPatience is how long news waits for the disk.
	keepPatience = time.Second
	// keepRetry is the delay before a failed write is retried if the state does not change.
	keepRetry = 10 * time.Second
)

// saver saves the core's states, and publishes news to the notifiers after it is on the disk. So
// a process that was killed never forgets what it told. The core never waits for the saver. News
// waits for at most keepPatience, and not at all while the disk is slow. The fields survive a panic
// and a restart of Serve.
type saver struct {
	states   *mailbox.Cell[core.State] // the core's latest
	save     func(core.State) (kept bool)
	publish  func(core.State)
	log      *zap.Logger
	now      func() time.Time
	progress func() // called at every turn and at least every beat
	beat     time.Duration

	worker   *worker.Worker[bool]
	writing  bool
	underway core.State // the state that is being written
	began    time.Time
	ahead    bool // a state later than underway was published
	slow     bool // the last write took longer than keepPatience, or still does

	tried   bool      // the first write was tried: it comes at the start, so that a broken volume is noticed then
	changes uint64    // Changes of the state that was last written or tried
	retryAt time.Time // zero: the last write succeeded
}

func (s *saver) String() string { return "store" }

// Serve saves states until the context ends, and then the last one.
func (s *saver) Serve(ctx context.Context) error {
	stop := ctx.Done()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		s.progress()
		s.turn(s.now())
		if stop == nil && !s.writing {
			return ctx.Err()
		}
		timer.Reset(s.pause(s.now()))
		select {
		case <-stop:
			stop = nil
		case <-timer.C:
		case <-s.states.Ready():
		case result := <-s.worker.Done():
			s.finish(result)
		}
	}
}

// turn starts the next write if one is due, and publishes news that need not wait.
func (s *saver) turn(now time.Time) {
	state := s.states.Load()
	if !s.writing && s.due(state, now) {
		s.write(state, now)
	}
	if s.writing && !s.slow && now.Sub(s.began) >= keepPatience {
		s.slow = true
		s.log.Warn("state_slow", zap.Duration("for", keepPatience), zap.String("detail",
			"the disk of the state file is too slow, and news is sent before it is saved: after a kill it may be told again"))
	}
	if !s.writing || s.slow {
		s.publish(state)
		s.ahead = true
	}
}

func (s *saver) due(state core.State, now time.Time) bool {
	return !s.tried || state.Changes() != s.changes || !s.retryAt.IsZero() && !now.Before(s.retryAt)
}

func (s *saver) write(state core.State, now time.Time) {
	if !s.worker.Start(func() (bool, error) { return s.save(state), nil }) {
		return // a write from before a restart has not returned
	}
	s.writing, s.underway, s.began, s.ahead = true, state, now, false
}

// finish handles the end of a write. News is published even if it could not be saved.
func (s *saver) finish(result worker.Result[bool]) {
	now := s.now()
	s.writing, s.tried, s.changes, s.retryAt = false, true, s.underway.Changes(), time.Time{}
	if !result.Value {
		s.retryAt = now.Add(keepRetry)
	}
	if s.slow && now.Sub(s.began) < keepPatience {
		s.slow = false
		s.log.Info("state_fast_again")
	}
	if !s.ahead {
		s.publish(s.underway)
	}
	s.underway = core.State{} // frees its memory
	if result.Panic != nil {
		panic(result.Panic)
	}
}

// pause returns how long the saver may wait for an event.
func (s *saver) pause(now time.Time) time.Duration {
	switch {
	case s.writing && !s.slow:
		return max(0, s.began.Add(keepPatience).Sub(now))
	case s.writing:
		return s.beat
	case s.due(s.states.Load(), now): // the write of a former life has not returned
		return time.Second
	case !s.retryAt.IsZero():
		return min(s.retryAt.Sub(now), s.beat)
	}
	return s.beat
}
