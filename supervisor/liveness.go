package supervisor

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// minSilence is the minimum time without progress before an actor counts as stuck. With a
	// short tick, five ticks alone would be too strict on a busy machine.
	minSilence = 10 * time.Second
	// minLook is the minimum time between two checks for actors without progress.
	minLook = time.Second
	// noticeLooks is how many looks an actor is reported as stuck before the process exits, so that
	// the dead-man service learns the reason.
	noticeLooks = 2
)

// liveness tracks when each actor last made progress. Time is counted in looks. A suspended process
// gets only one look for all the time that it missed, and setting the clock adds none. So neither makes
// an actor appear stuck.
type liveness struct {
	looks    atomic.Int64
	every    time.Duration // time between two looks
	beat     time.Duration // every actor makes progress at least this often
	patience int64         // in looks
	mu       sync.Mutex
	stamps   map[string]*stamp
}

// stamp is when an actor last made progress, in looks.
type stamp struct {
	at atomic.Int64
	// vital is true if the watchdog can't work without the actor.
	vital bool
}

// newLiveness returns a liveness whose actors may make no progress for five ticks, which is five
// beats. With the default tick of 15 s it looks once a second.
func newLiveness(tick time.Duration) *liveness {
	silence, every := max(5*tick, minSilence), max(tick/15, minLook)
	return &liveness{every: every, beat: silence / 5, patience: int64(silence / every), stamps: make(map[string]*stamp)}
}

// look counts a look.
func (l *liveness) look() { l.looks.Add(1) }

// stamp returns the function that the named actor calls when it makes progress.
func (l *liveness) stamp(actor string) func() { return l.add(actor, &stamp{}) }

// vital does the same as stamp for a vital actor.
func (l *liveness) vital(actor string) func() { return l.add(actor, &stamp{vital: true}) }

func (l *liveness) add(actor string, s *stamp) (progress func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stamps[actor] = s
	progress = func() { s.at.Store(l.looks.Load()) }
	progress()
	return progress
}

// forget removes an actor that was stopped on purpose.
func (l *liveness) forget(actor string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.stamps, actor)
}

// silent returns a line for each actor without progress, sorted by name.
func (l *liveness) silent() []string {
	return l.silentFor(l.patience, func(*stamp) bool { return true })
}

// fatal returns the lines for vital actors that have been reported as stuck for noticeLooks.
func (l *liveness) fatal() []string {
	return l.silentFor(l.patience+noticeLooks, func(s *stamp) bool { return s.vital })
}

// silentFor returns a line for each matching actor that made no progress for more than
// patience looks.
func (l *liveness) silentFor(patience int64, match func(*stamp) bool) []string {
	now := l.looks.Load()
	l.mu.Lock()
	defer l.mu.Unlock()
	var silent []string
	for actor, s := range l.stamps {
		if quiet := now - s.at.Load(); quiet > patience && match(s) {
			silent = append(silent, fmt.Sprintf("%s made no progress for %s", actor, time.Duration(quiet)*l.every))
		}
	}
	slices.Sort(silent)
	return silent
}
