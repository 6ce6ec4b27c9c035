package history

import (
	"context"

	"go.uber.org/zap"

	"orchestrator-watchdog/messages"
)

// Options are the parameters of an Actor.
type Options struct {
	Store   *Store
	Reports <-chan *messages.Report
	Log     *zap.Logger
}

// Actor writes the Store. A panic only clears the store.
type Actor struct {
	Options
	busy bool // the store is being written; if set when Serve begins, it may be inconsistent
}

// New returns an Actor.
func New(o Options) *Actor { return &Actor{Options: o} }

// String returns the actor's name for its supervisor.
func (a *Actor) String() string { return "history" }

// Serve stores reports until the context ends.
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
