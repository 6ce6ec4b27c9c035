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

// keeper stands between the core and the notifiers where the state is kept: news is let
// out once it is on the disk, so that what a killed process told is never forgotten. The
// core never waits for it. News waits no longer than keepPatience, and not at all for a
// disk that is known to be slow. Its fields outlive a crash.
type keeper struct {
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

func (k *keeper) String() string { return "store" }

// Serve keeps states until the context ends, and then the last one.
func (k *keeper) Serve(ctx context.Context) error {
	stop := ctx.Done()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		k.progress()
		k.turn(k.now())
		if stop == nil && !k.writing {
			return ctx.Err()
		}
		timer.Reset(k.pause(k.now()))
		select {
		case <-stop:
			stop = nil
		case <-timer.C:
		case <-k.states.Ready():
		case result := <-k.worker.Done():
			k.finish(result)
		}
	}
}

// turn starts the next write where one is due, and lets out what need not wait.
func (k *keeper) turn(now time.Time) {
	state := k.states.Load()
	if !k.writing && k.due(state, now) {
		k.write(state, now)
	}
	if k.writing && !k.slow && now.Sub(k.began) >= keepPatience {
		k.slow = true
		k.log.Warn("state_slow", zap.Duration("for", keepPatience), zap.String("detail",
			"the disk of the state file does not keep up, and news goes ahead of it: after a kill it may be told once more"))
	}
	if !k.writing || k.slow {
		k.publish(state)
		k.ahead = true
	}
}

func (k *keeper) due(state core.State, now time.Time) bool {
	return !k.tried || state.Changes() != k.changes || !k.retryAt.IsZero() && !now.Before(k.retryAt)
}

func (k *keeper) write(state core.State, now time.Time) {
	if !k.worker.Start(func() (bool, error) { return k.save(state), nil }) {
		return // the write of a former life has not returned
	}
	k.writing, k.underway, k.began, k.ahead = true, state, now, false
}

// finish takes the end of a write. What could not be kept is told all the same.
func (k *keeper) finish(result worker.Result[bool]) {
	now := k.now()
	k.writing, k.tried, k.changes, k.retryAt = false, true, k.underway.Changes(), time.Time{}
	if !result.Value {
		k.retryAt = now.Add(keepRetry)
	}
	if k.slow && now.Sub(k.began) < keepPatience {
		k.slow = false
		k.log.Info("state_fast_again")
	}
	if !k.ahead {
		k.publish(k.underway)
	}
	k.underway = core.State{} // its memory
	if result.Panic != nil {
		panic(result.Panic)
	}
}

// pause is how long nothing has to be done where nothing happens.
func (k *keeper) pause(now time.Time) time.Duration {
	if k.writing && !k.slow {
		return max(0, min(k.began.Add(keepPatience).Sub(now), time.Second))
	}
	return time.Second
}
