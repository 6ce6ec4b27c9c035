package changes

import (
	"context"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/messages/duration"
)

const (
	// lookEvery is how often the actor looks at the boot and the clock.
	lookEvery = 5 * time.Second
	// step is by how much the wall clock must part from the time that passed until that is a
	// step: clocks that are set right little by little move by less than 3 ms in lookEvery.
	step = 2 * time.Second
)

// Options are what an Actor is made of.
type Options struct {
	Store *Store
	Notes <-chan *Change // what others saw change
	// Boot tells one boot of the host from another, and how long it has been up. An error says
	// that nobody knows. nil: the host is not watched.
	Boot    func() (id string, up time.Duration, err error)
	Now     func() time.Time     // of the wall clock
	Elapsed func() time.Duration // that passed, whatever the wall clock says
	Log     *zap.Logger
}

// Actor fills the Store. A panic costs what was remembered, and nothing else.
type Actor struct {
	Options
	busy bool // with a change: still set when Serve begins, the store may be half written

	boot    string    // the last that was seen
	wall    time.Time // of the last look
	elapsed time.Duration
}

// New returns the actor.
func New(o Options) *Actor { return &Actor{Options: o} }

// String names the actor for its supervisor.
func (a *Actor) String() string { return "changes" }

// Serve takes changes, and looks for those that nobody else sees, until the context ends.
func (a *Actor) Serve(ctx context.Context) error {
	if a.busy {
		a.Store.clear()
		*a = Actor{Options: a.Options}
		a.Log.Warn("changes_lost", zap.String("detail", "the actor panicked: what changed before is forgotten"))
	}
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		a.busy = true
		a.look()
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

// look notes a step of the clock and another boot. The first boot that is seen is a change as
// well: this process is new after a restart of the host, and remembers no other.
func (a *Actor) look() {
	now, elapsed := a.Now().Round(0), a.Elapsed()
	if !a.wall.IsZero() {
		by := now.Sub(a.wall) - (elapsed - a.elapsed)
		switch {
		case by >= step:
			a.Store.shift(by)
			a.Store.add(Change{now, "the clock went ahead by " + duration.Words(by) + ", or the host was suspended"})
		case by <= -step:
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
