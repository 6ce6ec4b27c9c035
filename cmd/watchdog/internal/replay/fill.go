package replay

import (
	"time"

	"orchestrator-watchdog/messages"
)

// filler observes the last state of each signal again at every tick after its last
// line: what a log of changes left out. All signals have the same pace, so the order
// in which they come due is that in which they were observed.
type filler struct {
	tick  time.Duration
	last  map[messages.Key]*filled
	queue []due
	head  int
}

type filled struct {
	obs   messages.Observation
	probe string
	line  int // counts the signal's lines: what came due for an earlier one is void
}

type due struct {
	at     time.Time
	signal *filled
	line   int
}

func newFiller(tick time.Duration) *filler {
	return &filler{tick: tick, last: make(map[messages.Key]*filled)}
}

// observed notes a line. A one-shot is not repeated: a second one would have happened.
func (f *filler) observed(r record) {
	if r.obs.Signal.OneShot() {
		return
	}
	s := f.last[r.obs.Signal]
	if s == nil {
		s = &filled{}
		f.last[r.obs.Signal] = s
	}
	s.obs, s.probe = r.obs, r.probe
	s.line++
	f.queue = append(f.queue, due{at: r.at.Add(f.tick), signal: s, line: s.line})
}

// forget ends the repetition of a signal; with an empty key that of all.
func (f *filler) forget(key messages.Key) {
	if s := f.last[key]; s != nil {
		s.line++
		delete(f.last, key)
	}
	if key == "" {
		clear(f.last)
		f.queue, f.head = f.queue[:0], 0
	}
}

// until gives what comes due before the given time, and at it where inclusive, in order.
func (f *filler) until(at time.Time, inclusive bool, observe func(record)) {
	for f.head < len(f.queue) {
		d := f.queue[f.head]
		if d.at.After(at) || (d.at.Equal(at) && !inclusive) {
			break
		}
		f.head++
		if d.line == d.signal.line {
			observe(record{at: d.at, probe: d.signal.probe, obs: d.signal.obs})
			f.queue = append(f.queue, due{at: d.at.Add(f.tick), signal: d.signal, line: d.line})
		}
	}
	if f.head > len(f.queue)/2 {
		f.queue = append(f.queue[:0], f.queue[f.head:]...)
		f.head = 0
	}
}
