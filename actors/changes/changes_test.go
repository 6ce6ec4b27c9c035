package changes

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// Before returns at most three changes of the half hour before a trouble, latest first. The store
// keeps at most a hundred.
func TestChangesBeforeATrouble(t *testing.T) {
	s := NewStore()
	for i := range 200 {
		s.add(Change{noon.Add(time.Duration(i) * time.Minute), fmt.Sprint("change ", i)})
	}
	s.add(Change{noon.Add(150*time.Minute + time.Second), "known late"})
	if len(s.all) != maxKept {
		t.Errorf("%d changes are kept", len(s.all))
	}
	cet := time.FixedZone("CET", 3600)
	for began, want := range map[time.Duration]string{
		152*time.Minute + 30*time.Second: "before it, at 15:32 CET: change 152; before it, at 15:31 CET: change 151; before it, at 15:30 CET: known late",
		199*time.Minute + shownWithin:    "before it, at 16:19 CET: change 199",
		99 * time.Minute:                 "", // dropped from the store
		200*time.Minute + shownWithin:    "",
	} {
		if got := strings.Join(s.Before(noon.Add(began), cet), "; "); got != want {
			t.Errorf("a trouble after %s: %q, want %q", began, got, want)
		}
	}
}

// host is an Actor on a host whose clock and boot the test sets.
type host struct {
	*Actor
	notes chan *Change
	skew  atomic.Int64 // of the wall clock, in nanoseconds
	boot  atomic.Value // a string; empty: Boot returns an error
}

// serve runs the actor until the test ends.
func serve(t *testing.T) *host {
	h := &host{notes: make(chan *Change)}
	h.boot.Store("first")
	began := time.Now()
	h.Actor = New(Options{
		Store: NewStore(), Notes: h.notes, Log: zap.NewNop(), Now: func() time.Time { return time.Now().Add(time.Duration(h.skew.Load())) },
		Elapsed: func() time.Duration { return time.Since(began) },
		Boot: func() (string, time.Duration, error) {
			id := h.boot.Load().(string)
			if id == "" {
				return "", 0, errors.New("no procfs")
			}
			return id, 5 * time.Minute, nil
		},
	})
	go func() { _ = h.Serve(t.Context()) }()
	synctest.Wait()
	return h
}

// lines returns the changes before a trouble that begins after the next check.
func (h *host) lines() string {
	time.Sleep(checkEvery + time.Millisecond)
	synctest.Wait()
	return strings.Join(h.Store.Before(h.Now(), time.UTC), "; ")
}

// The first boot and each new one are changes. An unreadable procfs is none.
func TestARestartOfTheHostIsAChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // virtual time starts at midnight
		h := serve(t)
		if got := h.lines(); got != "before it, at 23:55 UTC: the host was restarted" {
			t.Errorf("got %q", got)
		}
		h.boot.Store("")
		if got := h.lines(); strings.Count(got, "restarted") != 1 {
			t.Errorf("without a procfs: %q", got)
		}
		h.boot.Store("second")
		if got := h.lines(); strings.Count(got, "restarted") != 2 {
			t.Errorf("another boot: %q", got)
		}
	})
}

// A step of the wall clock is a change, and moves the times of earlier changes. A slew is not.
func TestAStepOfTheClockIsAChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := serve(t)
		h.notes <- &Change{h.Now(), "settings"}
		for range 10 {
			h.skew.Add(int64(3 * time.Millisecond))
			if got := h.lines(); strings.Contains(got, "clock") {
				t.Fatalf("slewed: %q", got)
			}
		}
		h.skew.Add(-int64(2 * time.Hour))
		if got := h.lines(); got != "before it, at 22:00 UTC: the clock went back by 2h 0m; before it, at 22:00 UTC: settings; before it, at 21:55 UTC: the host was restarted" {
			t.Errorf("got %q", got)
		}
		h.skew.Add(int64(time.Hour))
		if got := h.lines(); !strings.HasPrefix(got, "before it, at 23:01 UTC: the clock went ahead by 1h 0m, or the host was suspended; before it, at 23:00 UTC: the clock went back") {
			t.Errorf("got %q", got)
		}
	})
}

// After a panic the actor clears the store and continues.
func TestAPanicClearsTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		notes := make(chan *Change)
		a := New(Options{Store: NewStore(), Notes: notes, Now: time.Now, Elapsed: func() time.Duration { return 0 }, Log: zap.NewNop()})
		a.Store.add(Change{time.Now(), "half written"})
		a.busy = true // as a panic leaves it
		go func() { _ = a.Serve(t.Context()) }()
		notes <- &Change{time.Now(), "settings"}
		synctest.Wait()
		if got := strings.Join(a.Store.Before(time.Now(), time.UTC), "; "); got != "before it, at 00:00 UTC: settings" {
			t.Errorf("got %q", got)
		}
	})
}
