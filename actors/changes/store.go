package changes

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

const (
	// maxKept is how many changes the store holds.
	maxKept = 100
	// maxShown is how many changes a message shows.
	maxShown = 3
	// shownWithin is how long before a trouble a change may be to be shown.
	shownWithin = 30 * time.Minute
)

// Change is a change on this host.
type Change struct {
	At   time.Time
	What string
}

// Store holds the last changes. It is safe for concurrent use.
type Store struct {
	mu  sync.Mutex
	all []Change // sorted by time
}

// NewStore returns an empty store.
func NewStore() *Store { return new(Store) }

// add inserts a change by its time. It may be older than changes that were added before.
func (s *Store) add(c Change) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, _ := slices.BinarySearchFunc(s.all, c, func(other, c Change) int {
		if other.At.After(c.At) {
			return 1
		}
		return -1 // equal times: in the order of insertion
	})
	s.all = slices.Insert(s.all, at, c)
	s.all = s.all[max(0, len(s.all)-maxKept):]
}

// shift moves all times after the wall clock stepped, so that all times in a message are of the
// same clock.
func (s *Store) shift(by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.all {
		s.all[i].At = s.all[i].At.Add(by)
	}
}

func (s *Store) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = nil
}

// Before returns the changes of the half hour before a trouble began, as lines for people, latest
// first.
func (s *Store) Before(began time.Time, zone *time.Location) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []string
	for _, c := range slices.Backward(s.all) {
		if c.At.After(began) || began.Sub(c.At) > shownWithin {
			continue
		}
		if lines = append(lines, fmt.Sprintf("before it, at %s: %s", c.At.In(zone).Format("15:04 MST"), c.What)); len(lines) == maxShown {
			break
		}
	}
	return lines
}
