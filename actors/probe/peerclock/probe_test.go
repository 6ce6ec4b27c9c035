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

// clock is ours, set by hand.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func newClock() *clock { return &clock{at: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)} }

func note(b *peerclock.Board, seconds ...int) {
	for i, s := range seconds {
		b.Note(fmt.Sprint("peer ", i), time.Duration(s)*time.Second)
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

// Our clock is off when the median of those that agree says so by more than 30 s.
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
		"one lies":                   {[]int{0, 0, 3600}, messages.OK, 0, "2 of 3"},
		"one lies the other way":     {[]int{-3600, 40, 41}, messages.Warning, 40, "2 of 3"},
		"the liar does not shift it": {[]int{25, 29, 31, 9000, 9000}, messages.OK, 29, "3 of 5"},
		"each says something else":   {[]int{-100, 0, 100}, messages.Unknown, 0, "the clocks of 3 peers do not agree"},
		"half against half":          {[]int{0, 0, 100, 100}, messages.Unknown, 0, "do not agree"},
	} {
		t.Run(name, func(t *testing.T) {
			board := peerclock.NewBoard(newClock().now)
			note(board, c.seconds...)
			o, ok := observe(t, peerclock.New(peerclock.Options{Board: board}))
			if !ok || o.Signal != "host_clock" || o.Level != c.level || o.Value != c.value || o.Valued != (c.level != messages.Unknown) || !strings.Contains(o.Detail, c.says) {
				t.Errorf("got %+v, want %s, %v, %q", o, c.level, c.value, c.says)
			}
		})
	}
}

// With fewer than three peers there is no signal, and no data once there was one.
func TestItTakesThreePeers(t *testing.T) {
	ours := newClock()
	board := peerclock.NewBoard(ours.now)
	p := peerclock.New(peerclock.Options{Board: board})
	note(board, 90, 90)
	if o, ok := observe(t, p); ok {
		t.Errorf("got %+v of two peers", o)
	}
	note(board, 90, 90, 90)
	if o, _ := observe(t, p); o.Level != messages.Warning {
		t.Errorf("got %+v of three peers", o)
	}
	ours.at = ours.at.Add(11 * time.Minute)
	note(board, 90, 90)
	if o, ok := observe(t, p); !ok || o.Level != messages.Unknown || !strings.HasPrefix(o.Detail, "2 peers") {
		t.Errorf("got %+v when one has not spoken for 11 minutes, want unknown", o)
	}
}

// What was noted before our clock was set back is not held against it.
func TestAStepOfOurClockEmptiesTheBoard(t *testing.T) {
	ours := newClock()
	board := peerclock.NewBoard(ours.now)
	p := peerclock.New(peerclock.Options{Board: board})
	note(board, 90, 90, 90)
	observe(t, p)
	ours.at = ours.at.Add(-time.Hour)
	if o, _ := observe(t, p); o.Level != messages.Unknown {
		t.Errorf("got %+v, want unknown", o)
	}
}

// Once it was off, it has to come below the lower limit to be well again; where that is
// not set, it is 25 s, and no more than the upper one.
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
			board := peerclock.NewBoard(newClock().now)
			p := peerclock.New(peerclock.Options{Board: board, Raise: c.raise, Clear: c.clear})
			for _, step := range c.steps {
				note(board, step.seconds, step.seconds, step.seconds)
				if o, _ := observe(t, p); o.Level != step.want {
					t.Errorf("at %d s got %+v, want %s", step.seconds, o, step.want)
				}
			}
		})
	}
}

// A board is written on by many probes at once, and does not grow without end.
func TestManyWriteOnABoard(t *testing.T) {
	board := peerclock.NewBoard(newClock().now)
	p := peerclock.New(peerclock.Options{Board: board})
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			for j := range 100 {
				board.Note(fmt.Sprint(i, "/", j), 0)
			}
		})
	}
	for range 10 {
		observe(t, p)
	}
	wg.Wait()
	if o, _ := observe(t, p); !strings.Contains(o.Detail, "1000 of 1000") {
		t.Errorf("got %+v of 2,000 peers", o)
	}
}
