package history

import (
	"context"

	"go.uber.org/zap"

	"orchestrator-watchdog/messages"
)

// Options are what an Actor is made of.
type Options struct {
	Store   *Store
	Reports <-chan *messages.Report
	Log     *zap.Logger
}

// Actor fills the Store. A panic costs the history, and nothing else.
type Actor struct {
	Options
	busy bool // with a report: still set when Serve begins, the store may be half written
}

// New returns the actor.
func New(o Options) *Actor { return &Actor{Options: o} }

// String names the actor for its supervisor.
func (a *Actor) String() string { return "history" }

// Serve takes reports until the context ends.
func (a *Actor) Serve(ctx context.Context) error {
	if a.busy {
		a.Store.clear()
		a.busy = false
		a.Log.Warn("history_lost", zap.String("detail", "the history actor panicked: values from before are forgotten"))
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case r := <-a.Reports:
			a.busy = true
			a.Store.Add(*r)
			a.busy = false
		}
	}
}
