package peerclock

import (
	"slices"
	"sync"
	"time"
)

const (
	// freshFor is how long an offset counts. Clocks drift slowly, so the offset of a peer that is down
	// for a while stays right.
	freshFor = 10 * time.Minute
	// maxSources bounds how many peers are kept.
	maxSources = 1000
)

// Offsets keeps the last offset of each peer's clock. It is safe for concurrent use.
type Offsets struct {
	now   func() time.Time
	mu    sync.Mutex
	peers map[string]measured
}

type measured struct {
	offset time.Duration
	at     time.Time
}

// NewOffsets creates an empty collection.
func NewOffsets(now func() time.Time) *Offsets {
	return &Offsets{now: now, peers: make(map[string]measured)}
}

// Record records how far a peer's clock is ahead of ours now.
func (o *Offsets) Record(source string, offset time.Duration) {
	now := o.now()
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, known := o.peers[source]; known || len(o.peers) < maxSources {
		o.peers[source] = measured{offset: offset, at: now}
	}
}

// fresh returns the fresh offsets in ascending order, and deletes the others. A step of our own
// clock, back or far ahead, makes earlier offsets stale.
func (o *Offsets) fresh() []time.Duration {
	now := o.now()
	o.mu.Lock()
	defer o.mu.Unlock()
	var all []time.Duration
	for source, n := range o.peers {
		// Round(0) strips the monotonic reading, which would hide a step of the wall clock.
		if age := now.Round(0).Sub(n.at.Round(0)); age < 0 || age > freshFor {
			delete(o.peers, source)
			continue
		}
		all = append(all, n.offset)
	}
	slices.Sort(all)
	return all
}
