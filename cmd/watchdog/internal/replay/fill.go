package replay

import (
	"time"

	"orchestrator-watchdog/messages"
)

// filler repeats the last observation of each signal at every tick after its last
// line, which a log of changes omits. All signals have the same interval, so they come
// due in the order in which they were observed.
type filler struct {
	tick  time.Duration
	last  map[messages.Key]*filled
	queue []due
	head  int
}

type filled struct {
	obs   messages.Observation
	probe string
	line  int // counts the signal's lines, to discard what is due for an earlier one
}

type due struct {
	at     time.Time
	signal *filled
	line   int
}

func newFiller(tick time.Duration) *filler {
	return &filler{tick: tick, last: make(map[messages.Key]*filled)}
}

// observed records a line. A one-shot is not repeated, because that would be a second event.
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

// forget stops repeating a signal, or all signals if the key is empty.
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

// until calls observe, in order, with what is due before at, or also at that time if inclusive.
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
