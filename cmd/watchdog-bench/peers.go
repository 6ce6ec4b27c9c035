package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
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

// used is what a process has taken.
type used struct {
	cpu      time.Duration
	resident int64 // bytes
}

// usage reads what a process has taken from procfs.
func usage(pid int) (used, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return used{}, err
	}
	// The name, in brackets, may hold spaces; utime, stime and rss are the 14th, 15th and 24th field.
	fields := strings.Fields(string(stat)[strings.LastIndexByte(string(stat), ')')+1:])
	if len(fields) < 22 {
		return used{}, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields))
	}
	var n [3]int64
	for i, at := range []int{11, 12, 21} {
		if n[i], err = strconv.ParseInt(fields[at], 10, 64); err != nil {
			return used{}, err
		}
	}
	const tick = 10 * time.Millisecond // USER_HZ is 100 wherever Go runs on Linux
	return used{cpu: time.Duration(n[0]+n[1]) * tick, resident: n[2] * int64(os.Getpagesize())}, nil
}
