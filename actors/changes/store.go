package changes

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

const (
	// maxKept bounds how many changes are remembered.
	maxKept = 100
	// maxShown is how many of them a message shows (contract, section 3 "Context").
	maxShown = 3
	// shownWithin is how long before a trouble a change is worth a line (likewise).
	shownWithin = 30 * time.Minute
)

// Change is something that changed on this host.
type Change struct {
	At   time.Time
	What string
}

// Store holds the last changes. It may be used by several goroutines at once.
type Store struct {
	mu  sync.Mutex
	all []Change // in the order of their times
}

// NewStore returns an empty store.
func NewStore() *Store { return new(Store) }

// add takes a change. One may be known later than others that came after it.
func (s *Store) add(c Change) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, _ := slices.BinarySearchFunc(s.all, c, func(other, c Change) int {
		if other.At.After(c.At) {
			return 1
		}
		return -1 // equal ones stay in the order in which they came
	})
	s.all = slices.Insert(s.all, at, c)
	s.all = s.all[max(0, len(s.all)-maxKept):]
}

// shift moves all times to the wall clock as it is now, after it stepped: the times of one
// message agree then.
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

// Before lists what changed within half an hour before a trouble began, the latest first.
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
