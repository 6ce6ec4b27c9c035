package history

import (
	"time"

	"orchestrator-watchdog/messages"
)

// Sample is what is remembered of one minute of a signal.
type Sample struct {
	At             time.Time      // the beginning of the minute
	Level          messages.Level // the worst of the minute; Unknown where nothing else was observed
	Valued         bool
	Min, Max, Last float64
}

// run is one or more minutes in a row that are alike.
type run struct {
	minute         int32 // since the epoch, of the first
	length         uint16
	level          int8
	valued         bool
	min, max, last float32
}

// runBytes is what a run takes.
const runBytes = 20

func (r *run) end() int32 { return r.minute + int32(r.length) }

func (r *run) alike(other *run) bool {
	return r.level == other.level && r.valued == other.valued && r.min == other.min && r.max == other.max && r.last == other.last
}

// series is the history of one signal: its hours that changed as blocks, and all else as runs.
// Both are in the order of time, and what lies between two is a gap.
type series struct {
	blocks    []block
	runs      []run // of the present hour; before it, hours in which nothing changed
	threshold string
	bound     float64 // the number in it
	bounded   bool
}

// maxRuns is how many runs of an hour that is over stay as they are: fewer than a block takes.
const maxRuns = blockBytes / runBytes

// add takes one observation.
func (s *series) add(minute int32, o *messages.Observation) {
	s.threshold, s.bound, s.bounded = o.Threshold, o.Bound, o.Bounded
	if n := len(s.runs); n > 0 && minute < s.runs[n-1].end()-1 {
		s.forgetFrom(minute) // the wall clock went back
	}
	if n := len(s.runs); n == 0 || s.runs[n-1].end() != minute+1 {
		s.settle(minute)
		s.runs = append(s.runs, run{minute: minute, length: 1, level: int8(o.Level)})
	} else if s.runs[n-1].length > 1 { // the present minute may become unlike those before
		last := s.runs[n-1]
		s.runs[n-1].length--
		last.minute, last.length = minute, 1
		s.runs = append(s.runs, last)
	}
	r := &s.runs[len(s.runs)-1]
	r.level = max(r.level, int8(o.Level))
	if !o.Valued {
		return
	}
	v := float32(o.Value)
	if !r.valued {
		r.valued, r.min, r.max = true, v, v
	}
	r.min, r.max, r.last = min(r.min, v), max(r.max, v), v
}

// settle joins the minute that is over with the run before it, and packs hours that are over.
func (s *series) settle(minute int32) {
	if n := len(s.runs); n > 1 {
		before, last := &s.runs[n-2], &s.runs[n-1]
		if before.end() == last.minute && before.alike(last) && before.length < 1<<15 {
			before.length += last.length
			s.runs = s.runs[:n-1]
		}
	}
	if hour := minute / minutesPerHour; len(s.runs) > maxRuns && s.runs[len(s.runs)-1].minute/minutesPerHour < hour {
		s.pack()
	}
}

// pack makes blocks of all runs.
func (s *series) pack() {
	for len(s.runs) > 0 {
		hour := s.runs[0].minute / minutesPerHour
		n := 0
		for n < len(s.runs) && s.runs[n].minute/minutesPerHour == hour {
			n++
		}
		s.blocks = append(s.blocks, pack(hour, s.runs[:n]))
		last := s.runs[n-1]
		rest := s.runs[n:]
		if next := (hour + 1) * minutesPerHour; last.end() > next { // it goes on into the next hour
			last.length, last.minute = uint16(last.end()-next), next
			rest = append([]run{last}, rest...)
		}
		s.runs = rest
	}
	s.runs = nil
}

// forgetFrom drops the minute and what is said to lie ahead of it.
func (s *series) forgetFrom(minute int32) {
	s.unpackFrom(minute)
	for n := len(s.runs); n > 0 && s.runs[n-1].end() > minute; n-- {
		if last := &s.runs[n-1]; last.minute < minute {
			last.length = uint16(minute - last.minute)
			return
		}
		s.runs = s.runs[:n-1]
	}
}

// unpackFrom makes runs of the blocks that reach beyond the minute.
func (s *series) unpackFrom(minute int32) {
	for n := len(s.blocks); n > 0 && (s.blocks[n-1].hour+1)*minutesPerHour > minute; n-- {
		s.runs = append(s.blocks[n-1].runs(), s.runs...)
		s.blocks = s.blocks[:n-1]
	}
}

// forgetBefore drops what is over before the minute.
func (s *series) forgetBefore(minute int32) {
	gone := 0
	for gone < len(s.blocks) && (s.blocks[gone].hour+1)*minutesPerHour <= minute {
		gone++
	}
	if gone > 0 {
		s.blocks = append([]block(nil), s.blocks[gone:]...)
	}
	for gone = 0; gone < len(s.runs) && s.runs[gone].end() <= minute; gone++ {
	}
	if gone > 0 {
		s.runs = append([]run(nil), s.runs[gone:]...)
	}
	if len(s.runs) > 0 && s.runs[0].minute < minute {
		s.runs[0].length, s.runs[0].minute = uint16(s.runs[0].end()-minute), minute
	}
}

// first is the oldest minute; ok is false where there is none.
func (s *series) first() (minute int32, ok bool) {
	switch {
	case len(s.blocks) > 0 && (len(s.runs) == 0 || s.blocks[0].hour*minutesPerHour < s.runs[0].minute):
		return s.blocks[0].hour * minutesPerHour, true
	case len(s.runs) > 0:
		return s.runs[0].minute, true
	}
	return 0, false
}

// bytes is what the series takes.
func (s *series) bytes(key messages.Key) int {
	const overhead = 200 // the map's entry, the struct, the threshold
	return overhead + len(key) + cap(s.runs)*runBytes + cap(s.blocks)*40 + len(s.blocks)*(blockBytes-40)
}

// samples returns the minutes from the one to before the other.
func (s *series) samples(from, to int32) []Sample {
	var all []Sample
	take := func(runs []run) {
		for _, r := range runs {
			for minute := max(r.minute, from); minute < min(r.end(), to); minute++ {
				all = append(all, Sample{
					At: time.Unix(int64(minute)*60, 0).UTC(), Level: messages.Level(r.level), Valued: r.valued,
					Min: float64(r.min), Max: float64(r.max), Last: float64(r.last),
				})
			}
		}
	}
	for i := range s.blocks {
		take(s.blocks[i].runs())
	}
	take(s.runs)
	return all
}
