// Package clock is the tick actor: the beat by which the core knows that time passes
// and that we run. It may import messages and zap.
package clock

import (
	"context"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/messages"
)

// Options are what an Actor is made of.
type Options struct {
	Interval time.Duration
	// Emit hands the tick on; false says that the mailbox was full and the tick dropped.
	Emit     func(messages.Tick) bool
	Log      *zap.Logger
	Now      func() time.Time
	Progress func() // called at every turn and at least every second
}

// Actor sends a tick every interval. Its fields outlive a crash, so that a restart
// neither repeats nor skips one.
type Actor struct {
	Options
	seq  uint64
	next time.Time
}

// New returns the actor.
func New(o Options) *Actor { return &Actor{Options: o} }

// String names the actor for its supervisor.
func (a *Actor) String() string { return "clock" }

// Serve ticks until the context ends.
func (a *Actor) Serve(ctx context.Context) error {
	if a.next.IsZero() {
		a.next = a.Now().Add(a.Interval)
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		a.Progress()
		timer.Reset(min(a.next.Sub(a.Now()), time.Second))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
			a.tick(a.Now())
		}
	}
}

func (a *Actor) tick(now time.Time) {
	late := now.Sub(a.next)
	if late < 0 {
		return
	}
	// By whole intervals: a late tick does not shift those after it, and ticks that
	// the process slept through are not made up for.
	a.next = a.next.Add((late/a.Interval + 1) * a.Interval)
	a.seq++
	if !a.Emit(messages.Tick{Seq: a.seq, At: now}) {
		a.Log.Warn("tick_skipped", zap.Uint64("seq", a.seq))
	}
}
