package history

import (
	"sync"
	"time"

	"orchestrator-watchdog/messages"
)

// MaxBytes bounds the memory of a Store. Where the signals need more, less time is remembered.
const MaxBytes = 8 << 20

// Store remembers the signals' values and levels by the minute. It may be used by several
// goroutines at once.
type Store struct {
	keep int32 // minutes

	mu     sync.Mutex
	series map[messages.Key]*series
	bytes  int
	swept  int32 // the minute of the last look for old samples
}

// NewStore returns a store that remembers so much time, within MaxBytes.
func NewStore(keep time.Duration) *Store {
	s := &Store{keep: int32(keep / time.Minute)}
	s.clear()
	return s
}

// clear forgets everything.
func (s *Store) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.series, s.bytes = make(map[messages.Key]*series), 0
}

func minuteOf(at time.Time) int32 { return int32(at.Unix() / 60) }

// Add takes a report.
func (s *Store) Add(r messages.Report) {
	s.mu.Lock()
	defer s.mu.Unlock()
	minute := minuteOf(r.At)
	for i := range r.Observations {
		o := &r.Observations[i]
		one := s.series[o.Signal]
		if one == nil {
			one = &series{}
			s.series[o.Signal] = one
			s.bytes += one.bytes(o.Signal)
		}
		before := one.bytes(o.Signal)
		one.add(minute, o)
		s.bytes += one.bytes(o.Signal) - before
	}
	if minute != s.swept {
		s.swept = minute
		s.forgetBefore(minute - s.keep)
	}
	for s.bytes > MaxBytes && s.forgetOldest() {
	}
}

// forgetBefore drops what is older than the minute, and signals without any minute left.
func (s *Store) forgetBefore(minute int32) {
	for key, one := range s.series {
		before := one.bytes(key)
		one.forgetBefore(minute)
		if len(one.runs)+len(one.blocks) == 0 {
			delete(s.series, key)
			s.bytes -= before
			continue
		}
		s.bytes += one.bytes(key) - before
	}
}

// forgetOldest drops the oldest hour of all signals, and tells whether anything was left to
// be dropped.
func (s *Store) forgetOldest() bool {
	var oldest int32
	found := false
	for _, one := range s.series {
		if minute, ok := one.first(); ok && (!found || minute < oldest) {
			oldest, found = minute, true
		}
	}
	if found {
		s.forgetBefore((oldest/minutesPerHour + 1) * minutesPerHour)
	}
	return found
}

// Series is the history of one signal.
type Series struct {
	Key       messages.Key
	From, To  time.Time
	Samples   []Sample // by the minute; a minute without one is a gap
	Threshold string   // as the last observation has it; empty: none
	Bound     float64  // the number in it, where Bounded is set
	Bounded   bool
}

// Series returns the history of a signal within the time before now. ok is false where nothing is
// known of it.
func (s *Store) Series(key messages.Key, over time.Duration, now time.Time) (all Series, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.series[key]
	if one == nil {
		return Series{}, false
	}
	from := now.Add(-over)
	return Series{
		Key: key, From: from, To: now, Samples: one.samples(minuteOf(from), minuteOf(now)+1), Threshold: one.threshold, Bound: one.bound, Bounded: one.bounded,
	}, true
}

// Keeps is how long values are remembered at most.
func (s *Store) Keeps() time.Duration { return time.Duration(s.keep) * time.Minute }
