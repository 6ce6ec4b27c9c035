package supervisor

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// minSilence is the least that an actor may be silent before it counts as stuck: on a
	// busy machine a short tick is no measure of health.
	minSilence = 10 * time.Second
	// lookEvery is how often the tree looks for actors without progress.
	lookEvery = time.Second
	// notice is for how many looks one that is stuck is ill health before it is the end: the
	// dead-man service is to hear why the pings cease.
	notice = 2
)

// Liveness knows when each actor last made progress, in the time that we ran ourselves:
// it is counted in looks, one every lookEvery. A process that was suspended takes one
// look for all the time that it missed, and a clock that was set takes none, so neither
// makes an actor look stuck that had no chance to move.
type Liveness struct {
	looks    atomic.Int64
	patience int64 // in looks
	mu       sync.Mutex
	stamps   map[string]*stamp
}

// stamp is when an actor last made progress, in looks.
type stamp struct {
	at atomic.Int64
	// vital: without the actor the watchdog is of no use.
	vital bool
}

// newLiveness makes one whose actors may be silent for five ticks.
func newLiveness(tick time.Duration) *Liveness {
	return &Liveness{patience: int64(max(5*tick, minSilence) / lookEvery), stamps: make(map[string]*stamp)}
}

// look counts one more look.
func (l *Liveness) look() { l.looks.Add(1) }

// stamp gives the function with which the named actor says that it made progress.
func (l *Liveness) stamp(actor string) func() { return l.add(actor, &stamp{}) }

// vital is the same for an actor without which the watchdog is of no use.
func (l *Liveness) vital(actor string) func() { return l.add(actor, &stamp{vital: true}) }

func (l *Liveness) add(actor string, s *stamp) (progress func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stamps[actor] = s
	progress = func() { s.at.Store(l.looks.Load()) }
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
	return l.silentFor(l.patience, func(*stamp) bool { return true })
}

// fatal lists those among them without whom the watchdog is of no use.
func (l *Liveness) fatal() []string {
	return l.silentFor(l.patience+notice, func(s *stamp) bool { return s.vital })
}

// silentFor lists the actors of a kind that were silent for more than so many looks.
func (l *Liveness) silentFor(patience int64, of func(*stamp) bool) []string {
	now := l.looks.Load()
	l.mu.Lock()
	defer l.mu.Unlock()
	var silent []string
	for actor, s := range l.stamps {
		if quiet := now - s.at.Load(); quiet > patience && of(s) {
			silent = append(silent, fmt.Sprintf("%s made no progress for %s", actor, time.Duration(quiet)*lookEvery))
		}
	}
	slices.Sort(silent)
	return silent
}
