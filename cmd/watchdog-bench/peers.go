package main

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"time"
)

// peers are the dependencies: one server, which notes when each is checked.
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

// latest is how much of an interval the latest check was late, against the times that
// its first one set.
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
