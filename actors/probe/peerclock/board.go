package peerclock

import (
	"slices"
	"sync"
	"time"
)

const (
	// fresh is how long what a peer's clock said counts: clocks drift slowly, and a
	// peer that is down for a while is no less right for it.
	fresh = 10 * time.Minute
	// maxSources bounds a board; more tell nothing new.
	maxSources = 1000
)

// Board is what each peer's clock last said. Probes write on it concurrently.
type Board struct {
	now   func() time.Time
	mu    sync.Mutex
	notes map[string]note
}

type note struct {
	offset time.Duration
	at     time.Time
}

// NewBoard makes an empty board.
func NewBoard(now func() time.Time) *Board {
	return &Board{now: now, notes: make(map[string]note)}
}

// Note remembers by how much a peer's clock was ahead of ours just now.
func (b *Board) Note(source string, offset time.Duration) {
	now := b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, known := b.notes[source]; known || len(b.notes) < maxSources {
		b.notes[source] = note{offset: offset, at: now}
	}
}

// offsets gives those that are fresh, in ascending order, and forgets the rest. What
// was noted before our own clock was set back or far ahead is not fresh either.
func (b *Board) offsets() []time.Duration {
	now := b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []time.Duration
	for source, n := range b.notes {
		// Without the monotonic reading: a step of the wall clock is what we look for.
		if age := now.Round(0).Sub(n.at.Round(0)); age < 0 || age > fresh {
			delete(b.notes, source)
			continue
		}
		all = append(all, n.offset)
	}
	slices.Sort(all)
	return all
}
