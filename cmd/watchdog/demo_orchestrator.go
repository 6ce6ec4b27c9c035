package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"
)

// standIn is the demo's orchestrator. What it answers changes between two scrapes and
// never in the middle of a count, so that the film does not depend on timing.
type standIn struct {
	server *httptest.Server

	mu      sync.Mutex
	down    bool
	old     int           // so many answers are old envelopes, though it is down else
	waiting time.Duration // the age of the oldest job in its queue
	asked   int
}

func newStandIn() *standIn {
	s := &standIn{waiting: 12 * time.Second}
	s.server = httptest.NewServer(s)
	return s
}

// change lets something happen to it.
func (s *standIn) change(happens func(*standIn)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	happens(s)
}

// scrapes is how often it was asked.
func (s *standIn) scrapes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// ServeHTTP is GET /metrics.
func (s *standIn) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	generated := time.Now()
	switch {
	case s.old > 0:
		s.old--
		generated = generated.Add(-10 * time.Minute)
	case s.down:
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"schema_version": 1, "generated_at": %d, "queue": {"depth": 3, "oldest_age_s": %.0f}}`,
		generated.Unix(), s.waiting.Seconds())
}
