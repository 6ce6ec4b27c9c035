package changes

import (
	"context"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/messages/duration"
)

const (
	// checkEvery is how often the actor checks the boot and the clock.
	checkEvery = 5 * time.Second
	// minStep is the smallest difference between wall clock and elapsed time that counts as a
	// step. A clock that is slewed moves by less than 3 ms in checkEvery.
	minStep = 2 * time.Second
)

// Options are the parameters of an Actor.
type Options struct {
	Store *Store
	Notes <-chan *Change // changes that other actors noticed
	// Boot returns an id of the host's present boot, and how long the host has been up. nil: the
	// host is not watched.
	Boot    func() (id string, up time.Duration, err error)
	Now     func() time.Time     // the wall clock
	Elapsed func() time.Duration // a clock that never steps
	Log     *zap.Logger
}

// Actor writes the Store. A panic only clears the store.
type Actor struct {
	Options
	busy bool // the store is being written; if set when Serve begins, it may be inconsistent

	boot    string    // at the last check
	wall    time.Time // at the last check
	elapsed time.Duration
}

// New returns an Actor.
func New(o Options) *Actor { return &Actor{Options: o} }

// String returns the actor's name for its supervisor.
func (a *Actor) String() string { return "changes" }

// Serve stores changes, and checks the boot and the clock, until the context ends.
func (a *Actor) Serve(ctx context.Context) error {
	if a.busy {
		a.Store.clear()
		*a = Actor{Options: a.Options}
		a.Log.Warn("changes_lost", zap.String("detail", "the actor panicked: what changed before is forgotten"))
	}
	ticker := time.NewTicker(checkEvery)
	defer ticker.Stop()
	for {
		a.busy = true
		a.check()
		a.busy = false
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		case c := <-a.Notes:
			a.busy = true
			a.Store.add(*c)
			a.busy = false
		}
	}
}

// check stores a step of the clock and a new boot. The first boot is stored too, since after a
// restart of the host this process has no earlier one to compare with.
func (a *Actor) check() {
	now, elapsed := a.Now().Round(0), a.Elapsed()
	if !a.wall.IsZero() {
		by := now.Sub(a.wall) - (elapsed - a.elapsed)
		switch {
		case by >= minStep:
			a.Store.shift(by)
			a.Store.add(Change{now, "the clock went ahead by " + duration.Words(by) + ", or the host was suspended"})
		case by <= -minStep:
			a.Store.shift(by)
			a.Store.add(Change{now, "the clock went back by " + duration.Words(-by)})
		}
	}
	a.wall, a.elapsed = now, elapsed
	if a.Boot == nil {
		return
	}
	if id, up, err := a.Boot(); err == nil && id != a.boot {
		a.boot = id
		a.Store.add(Change{now.Add(-up), "the host was restarted"})
	}
}
