package supervisor

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// minSilence is the least that an actor may be silent before it counts as stuck: on a
// busy machine a short tick is no measure of health.
const minSilence = 10 * time.Second

// Liveness knows when each actor last made progress.
type Liveness struct {
	silence time.Duration
	now     func() time.Time
	mu      sync.Mutex
	stamps  map[string]*atomic.Int64
	start   time.Time
}

// newLiveness makes one whose actors may be silent for five ticks.
func newLiveness(tick time.Duration, now func() time.Time) *Liveness {
	return &Liveness{silence: max(5*tick, minSilence), now: now, stamps: make(map[string]*atomic.Int64), start: now()}
}

// stamp gives the function with which the named actor says that it made progress.
func (l *Liveness) stamp(actor string) func() {
	at := new(atomic.Int64)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stamps[actor] = at
	progress := func() { at.Store(int64(l.now().Sub(l.start))) }
	progress()
	return progress
}

// forget takes an actor out that was stopped on purpose.
func (l *Liveness) forget(actor string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.stamps, actor)
}

// Silent lists the actors without progress, with for how long, by name.
func (l *Liveness) Silent() []string {
	now := l.now().Sub(l.start)
	l.mu.Lock()
	defer l.mu.Unlock()
	var silent []string
	for actor, at := range l.stamps {
		if quiet := now - time.Duration(at.Load()); quiet > l.silence {
			silent = append(silent, fmt.Sprintf("%s made no progress for %s", actor, quiet.Round(time.Second)))
		}
	}
	slices.Sort(silent)
	return silent
}
