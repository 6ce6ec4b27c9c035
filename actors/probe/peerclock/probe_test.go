package peerclock_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"orchestrator-watchdog/actors/probe/peerclock"
	"orchestrator-watchdog/messages"
)

// clock is our clock, which the test sets.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func newClock() *clock { return &clock{at: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)} }

func note(b *peerclock.Offsets, seconds ...int) {
	for i, s := range seconds {
		b.Record(fmt.Sprint("peer ", i), time.Duration(s)*time.Second)
	}
}

func observe(t *testing.T, p *peerclock.Probe) (messages.Observation, bool) {
	t.Helper()
	r, err := p.Observe(t.Context())
	if err != nil || len(r.Observations) > 1 {
		t.Fatalf("got %+v (%v)", r, err)
	}
	if len(r.Observations) == 0 {
		return messages.Observation{}, false
	}
	return r.Observations[0], true
}

// host_clock warns if our clock differs from the median of the agreeing peers by more than 30 s.
func TestOurClockIsJudgedByThePeersThatAgree(t *testing.T) {
	for name, c := range map[string]struct {
		seconds []int
		level   messages.Level
		value   float64
		says    string
	}{
		"all agree":                  {[]int{0, 1, -1}, messages.OK, 0, "0s behind that of 3 of 3 peers"},
		"at the limit":               {[]int{30, 30, 30}, messages.OK, 30, ""},
		"beyond it":                  {[]int{31, 31, 31}, messages.Warning, 31, "our clock is 31s behind that of 3 of 3 peers: check"},
		"beyond it the other way":    {[]int{-40, -41, -42}, messages.Warning, -41, "41s ahead of"},
		"one is wrong":               {[]int{0, 0, 3600}, messages.OK, 0, "2 of 3"},
		"one is wrong, other way":    {[]int{-3600, 40, 41}, messages.Warning, 40, "2 of 3"},
		"wrong ones do not shift it": {[]int{25, 29, 31, 9000, 9000}, messages.OK, 29, "3 of 5"},
		"all differ":                 {[]int{-100, 0, 100}, messages.Unknown, 0, "the clocks of 3 peers do not agree"},
		"half against half":          {[]int{0, 0, 100, 100}, messages.Unknown, 0, "do not agree"},
	} {
		t.Run(name, func(t *testing.T) {
			offsets := peerclock.NewOffsets(newClock().now)
			note(offsets, c.seconds...)
			o, ok := observe(t, peerclock.New(peerclock.Options{Offsets: offsets}))
			if !ok || o.Signal != "host_clock" || o.Level != c.level || o.Value != c.value || o.Valued != (c.level != messages.Unknown) || !strings.Contains(o.Detail, c.says) {
				t.Errorf("got %+v, want %s, %v, %q", o, c.level, c.value, c.says)
			}
		})
	}
}

// With fewer than three peers there is no signal or, if there has been one, it is unknown.
func TestItTakesThreePeers(t *testing.T) {
	ours := newClock()
	offsets := peerclock.NewOffsets(ours.now)
	p := peerclock.New(peerclock.Options{Offsets: offsets})
	note(offsets, 90, 90)
	if o, ok := observe(t, p); ok {
		t.Errorf("got %+v with two peers", o)
	}
	note(offsets, 90, 90, 90)
	if o, _ := observe(t, p); o.Level != messages.Warning {
		t.Errorf("got %+v with three peers", o)
	}
	ours.at = ours.at.Add(11 * time.Minute)
	note(offsets, 90, 90)
	if o, ok := observe(t, p); !ok || o.Level != messages.Unknown || !strings.HasPrefix(o.Detail, "2 peers") {
		t.Errorf("got %+v when one peer's offset is 11 minutes old, want unknown", o)
	}
}

// Offsets from before a step back of our clock do not count.
func TestAStepOfOurClockEmptiesTheBoard(t *testing.T) {
	ours := newClock()
	offsets := peerclock.NewOffsets(ours.now)
	p := peerclock.New(peerclock.Options{Offsets: offsets})
	note(offsets, 90, 90, 90)
	observe(t, p)
	ours.at = ours.at.Add(-time.Hour)
	if o, _ := observe(t, p); o.Level != messages.Unknown {
		t.Errorf("got %+v, want unknown", o)
	}
}

// A warning clears at Clear. Without it that is 25 s, or Raise if that is less.
func TestItClearsAtItsOwnLimit(t *testing.T) {
	const ok, off = messages.OK, messages.Warning
	type steps []struct {
		seconds int
		want    messages.Level
	}
	for name, c := range map[string]struct {
		raise, clear time.Duration
		steps        steps
	}{
		"both are set":  {20 * time.Second, 5 * time.Second, steps{{15, ok}, {21, off}, {15, off}, {-15, off}, {5, ok}, {15, ok}}},
		"neither is":    {0, 0, steps{{30, ok}, {31, off}, {29, off}, {26, off}, {25, ok}, {29, ok}}},
		"raise is, low": {10 * time.Second, 0, steps{{10, ok}, {11, off}, {10, ok}}},
	} {
		t.Run(name, func(t *testing.T) {
			offsets := peerclock.NewOffsets(newClock().now)
			p := peerclock.New(peerclock.Options{Offsets: offsets, Raise: c.raise, Clear: c.clear})
			for _, step := range c.steps {
				note(offsets, step.seconds, step.seconds, step.seconds)
				if o, _ := observe(t, p); o.Level != step.want {
					t.Errorf("at %d s got %+v, want %s", step.seconds, o, step.want)
				}
			}
		})
	}
}

// Offsets are safe for concurrent use, and bounded.
func TestABoardIsSharedAndBounded(t *testing.T) {
	offsets := peerclock.NewOffsets(newClock().now)
	p := peerclock.New(peerclock.Options{Offsets: offsets})
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			for j := range 100 {
				offsets.Record(fmt.Sprint(i, "/", j), 0)
			}
		})
	}
	for range 10 {
		observe(t, p)
	}
	wg.Wait()
	if o, _ := observe(t, p); !strings.Contains(o.Detail, "1000 of 1000") {
		t.Errorf("got %+v with 2,000 peers", o)
	}
}
