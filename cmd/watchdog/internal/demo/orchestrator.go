package demo

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// fakeOrchestrator is the demo's orchestrator. Its answer changes between two scrapes and
// never in the middle of a count, so that the film does not depend on timing.
type fakeOrchestrator struct {
	server *http.Server
	url    string // of its metrics

	mu      sync.Mutex
	down    bool
	old     int           // how many of the next answers are old envelopes, even if down is set
	waiting time.Duration // the age of the oldest job in its queue
	asked   int
}

// newFakeOrchestrator starts one on a free port of the loopback interface.
func newFakeOrchestrator() (*fakeOrchestrator, error) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("the demo's orchestrator can't listen: %w", err)
	}
	s := &fakeOrchestrator{waiting: 12 * time.Second, url: "http://" + listener.Addr().String() + "/metrics"}
	s.server = &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	go func() { _ = s.server.Serve(listener) }()
	return s, nil
}

func (s *fakeOrchestrator) close() { _ = s.server.Close() }

// change changes its state.
func (s *fakeOrchestrator) change(happens func(*fakeOrchestrator)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	happens(s)
}

// scrapes returns how often it was scraped.
func (s *fakeOrchestrator) scrapes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// ServeHTTP answers GET /metrics.
func (s *fakeOrchestrator) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
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
