// Package clock provides the tick actor. Its ticks tell the core that time passes and that
// the watchdog runs. It may import messages and zap.
package clock

import (
	"context"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/messages"
)

// Options are the parameters of an Actor.
type Options struct {
	Interval time.Duration
	// Emit sends the tick; false means that the mailbox was full and the tick was dropped.
	Emit     func(messages.Tick) bool
	Log      *zap.Logger
	Now      func() time.Time
	Progress func()        // called in each iteration, at least every Beat
	Beat     time.Duration // more than zero
}

// Actor sends a tick every interval. Its fields survive a crash, so that a restart does
// not repeat or skip a tick.
type Actor struct {
	Options
	seq  uint64
	next time.Time
}

// New returns an Actor.
func New(o Options) *Actor { return &Actor{Options: o} }

// String returns the actor's name for its supervisor.
func (a *Actor) String() string { return "clock" }

// Serve sends ticks until the context ends.
func (a *Actor) Serve(ctx context.Context) error {
	if a.next.IsZero() {
		a.next = a.Now().Add(a.Interval)
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		a.Progress()
		timer.Reset(min(a.next.Sub(a.Now()), a.Beat))
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
	// Advance by whole intervals: a late tick does not shift the next ones, and ticks that
	// were missed are not sent later.
	a.next = a.next.Add((late/a.Interval + 1) * a.Interval)
	a.seq++
	if !a.Emit(messages.Tick{Seq: a.seq, At: now}) {
		a.Log.Warn("tick_skipped", zap.Uint64("seq", a.seq))
	}
}
