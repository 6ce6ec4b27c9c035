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
	// keepPatience is how long news waits for the disk before it goes ahead.
	keepPatience = time.Second
	// keepRetry is how soon a write that failed is tried again where nothing changed.
	keepRetry = 10 * time.Second
)

// saver stands between the core and the notifiers where the state is kept: news is let
// out once it is on the disk, so that what a killed process told is never forgotten. The
// core never waits for it. News waits no longer than keepPatience, and not at all for a
// disk that is known to be slow. Its fields outlive a crash.
type saver struct {
	states   *mailbox.Cell[core.State] // the core's latest
	save     func(core.State) (kept bool)
	publish  func(core.State)
	log      *zap.Logger
	now      func() time.Time
	progress func() // called at every turn and at least every second

	worker   *worker.Worker[bool]
	writing  bool
	underway core.State // what is written
	began    time.Time
	ahead    bool // news of after what is written was let out already
	slow     bool // the last write took longer than patience, or still does

	tried   bool      // at the start the state is written in any case: a volume that can't be is said then, and not in the night
	changes uint64    // of the state that was tried to write last
	retryAt time.Time // zero: the last write went well
}

func (s *saver) String() string { return "store" }

// Serve keeps states until the context ends, and then the last one.
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

// turn starts the next write where one is due, and lets out what need not wait.
func (s *saver) turn(now time.Time) {
	state := s.states.Load()
	if !s.writing && s.due(state, now) {
		s.write(state, now)
	}
	if s.writing && !s.slow && now.Sub(s.began) >= keepPatience {
		s.slow = true
		s.log.Warn("state_slow", zap.Duration("for", keepPatience), zap.String("detail",
			"the disk of the state file does not keep up, and news goes ahead of it: after a kill it may be told once more"))
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
		return // the write of a former life has not returned
	}
	s.writing, s.underway, s.began, s.ahead = true, state, now, false
}

// finish takes the end of a write. What could not be kept is told all the same.
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
	s.underway = core.State{} // its memory
	if result.Panic != nil {
		panic(result.Panic)
	}
}

// pause is how long nothing has to be done where nothing happens.
func (s *saver) pause(now time.Time) time.Duration {
	if s.writing && !s.slow {
		return max(0, min(s.began.Add(keepPatience).Sub(now), time.Second))
	}
	return time.Second
}
