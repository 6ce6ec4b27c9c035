package main

import (
	"context"
	"os"
	"runtime"
	"syscall"
	"time"
)

const (
	// useEvery is how often the use of processors is looked at.
	useEvery = 2 * time.Second
	// busyUse is the share of one processor from which the process is busy. A thousand dependencies
	// that are checked every 10 s take 5 % over http, and 17 % over https.
	busyUse = 0.1
	// calmLooks is how many looks in a row without a busy one end the use of all processors.
	calmLooks = 5
)

// processors is the actor that sets how many processors run Go code at a time (ADR 18): one while
// the process is calm, and all while it is busy.
type processors struct {
	all   int                  // that the process may use: those of the machine, or of the container's limit
	used  func() time.Duration // CPU time of the process
	limit func(n int)

	at   time.Time     // of the last look
	then time.Duration // used at that time
	calm int           // looks in a row that were not busy
}

// newProcessors returns the actor, or nil if there is nothing to decide: GOMAXPROCS is set, or the
// process may use one processor only.
func newProcessors() *processors {
	all := runtime.GOMAXPROCS(0)
	if os.Getenv("GOMAXPROCS") != "" || all == 1 {
		return nil
	}
	return &processors{all: all, used: cpuTime, limit: func(n int) { runtime.GOMAXPROCS(n) }}
}

// String names the actor for its supervisor.
func (*processors) String() string { return "processors" }

// Serve looks until the context ends. It begins as calm.
func (p *processors) Serve(ctx context.Context) error {
	look := time.NewTicker(useEvery)
	defer look.Stop()
	p.at, p.then = time.Now(), p.used()
	p.calm = calmLooks
	p.limit(1)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
			p.look(time.Now())
		}
	}
}

// look uses all processors at once when the process is busy, and one when it has been calm.
func (p *processors) look(now time.Time) {
	used := p.used()
	busy := (used - p.then).Seconds() >= busyUse*now.Sub(p.at).Seconds()
	p.at, p.then = now, used
	switch {
	case busy && p.calm >= calmLooks:
		p.limit(p.all)
		fallthrough
	case busy:
		p.calm = 0
	case p.calm < calmLooks:
		if p.calm++; p.calm == calmLooks {
			p.limit(1)
		}
	}
}

// cpuTime returns the CPU time that the process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // can't fail for the own process
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
