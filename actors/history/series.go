package history

import (
	"time"

	"orchestrator-watchdog/messages"
)

// Sample is one minute of a signal.
type Sample struct {
	At             time.Time      // the start of the minute
	Level          messages.Level // the worst of the minute
	Valued         bool
	Min, Max, Last float64
}

// run is one or more minutes in a row with equal samples.
type run struct {
	minute         int32 // the first, since the epoch
	length         uint16
	level          int8
	valued         bool
	min, max, last float32
}

// runBytes is the size of a run in memory.
const runBytes = 20

// end returns the minute after the run.
func (r *run) end() int32 { return r.minute + int32(r.length) }

func (r *run) alike(other *run) bool {
	return r.level == other.level && r.valued == other.valued && r.min == other.min && r.max == other.max && r.last == other.last
}

// series is the history of one signal: past hours with many changes as blocks, the rest as runs.
// Both are sorted by time. Minutes that are in neither are gaps.
type series struct {
	blocks    []block
	runs      []run
	threshold string
	bound     float64 // the number in threshold
	bounded   bool
}

// maxRuns is how many runs may stay unpacked when an hour is over: they take less memory than a
// block.
const maxRuns = blockBytes / runBytes

// add adds one observation.
func (s *series) add(minute int32, o *messages.Observation) {
	s.threshold, s.bound, s.bounded = o.Threshold, o.Bound, o.Bounded
	if n := len(s.runs); n > 0 && minute < s.runs[n-1].end()-1 {
		s.forgetFrom(minute) // the wall clock went back
	}
	if n := len(s.runs); n == 0 || s.runs[n-1].end() != minute+1 {
		s.settle(minute)
		s.runs = append(s.runs, run{minute: minute, length: 1, level: int8(o.Level)})
	} else if s.runs[n-1].length > 1 { // split the run, since the present minute may differ from those before
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

// settle joins the last minute with the run before it if they are equal. After the end of an hour
// with many runs, it packs them.
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

// pack converts all runs to blocks.
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
		if next := (hour + 1) * minutesPerHour; last.end() > next { // it continues in the next hour
			last.length, last.minute = uint16(last.end()-next), next
			rest = append([]run{last}, rest...)
		}
		s.runs = rest
	}
	s.runs = nil
}

// forgetFrom drops the minute and all later ones.
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

// unpackFrom converts the blocks that end after the start of the minute to runs.
func (s *series) unpackFrom(minute int32) {
	for n := len(s.blocks); n > 0 && (s.blocks[n-1].hour+1)*minutesPerHour > minute; n-- {
		s.runs = append(s.blocks[n-1].runs(), s.runs...)
		s.blocks = s.blocks[:n-1]
	}
}

// forgetBefore drops the samples before the minute. A block stays until its whole hour is before it.
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

// first returns the oldest minute; ok is false if there is none.
func (s *series) first() (minute int32, ok bool) {
	switch {
	case len(s.blocks) > 0 && (len(s.runs) == 0 || s.blocks[0].hour*minutesPerHour < s.runs[0].minute):
		return s.blocks[0].hour * minutesPerHour, true
	case len(s.runs) > 0:
		return s.runs[0].minute, true
	}
	return 0, false
}

// bytes returns the size of the series in memory.
func (s *series) bytes(key messages.Key) int {
	const overhead = 200 // the map's entry, the struct, the threshold
	return overhead + len(key) + cap(s.runs)*runBytes + cap(s.blocks)*40 + len(s.blocks)*(blockBytes-40)
}

// samples returns the samples of the minutes from from to before to.
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
