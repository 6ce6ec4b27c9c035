package main

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"time"
)

// peers are the dependencies: one server that records the times of all checks by path.
type peers struct {
	server *httptest.Server
	mu     sync.Mutex
	seen   map[string][]time.Time
	n      int
}

func newPeers() *peers {
	p := &peers{seen: make(map[string][]time.Time)}
	p.server = httptest.NewServer(http.HandlerFunc(p.answer))
	return p
}

func (p *peers) answer(_ http.ResponseWriter, r *http.Request) {
	now := time.Now()
	if r.URL.Path == "/bare" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen[r.URL.Path] = append(p.seen[r.URL.Path], now)
	p.n++
}

func (p *peers) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.n
}

// latest returns the longest delay of a check, relative to the schedule that the first check of its
// path set, as a part of the interval.
func (p *peers) latest(interval time.Duration) float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	worst := time.Duration(0)
	for _, times := range p.seen {
		for i, at := range times {
			worst = max(worst, at.Sub(times[0])-time.Duration(i)*interval)
		}
	}
	return float64(worst) / float64(interval)
}
