package peerclock

import (
	"slices"
	"sync"
	"time"
)

const (
	// fresh is how long an offset counts. Clocks drift slowly, so the offset of a peer that is down
	// for a while stays right.
	fresh = 10 * time.Minute
	// maxSources bounds the memory of a board.
	maxSources = 1000
)

// Board keeps the last offset of each peer's clock. It is safe for concurrent use.
type Board struct {
	now   func() time.Time
	mu    sync.Mutex
	notes map[string]note
}

type note struct {
	offset time.Duration
	at     time.Time
}

// NewBoard creates an empty board.
func NewBoard(now func() time.Time) *Board {
	return &Board{now: now, notes: make(map[string]note)}
}

// Note records how far a peer's clock is ahead of ours now.
func (b *Board) Note(source string, offset time.Duration) {
	now := b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, known := b.notes[source]; known || len(b.notes) < maxSources {
		b.notes[source] = note{offset: offset, at: now}
	}
}

// offsets returns the fresh offsets in ascending order, and deletes the others. A step of our own
// clock, back or far ahead, makes earlier offsets stale.
func (b *Board) offsets() []time.Duration {
	now := b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []time.Duration
	for source, n := range b.notes {
		// Round(0) strips the monotonic reading, which would hide a step of the wall clock.
		if age := now.Round(0).Sub(n.at.Round(0)); age < 0 || age > fresh {
			delete(b.notes, source)
			continue
		}
		all = append(all, n.offset)
	}
	slices.Sort(all)
	return all
}
