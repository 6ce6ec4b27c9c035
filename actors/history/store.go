package history

import (
	"fmt"
	"sync"
	"time"

	"orchestrator-watchdog/config/field"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/duration"
)

// Settings are the settings of the history.
type Settings struct {
	Keep time.Duration // how long values are remembered; 0: not at all
}

// Fields implements field.Declared.
func (s *Settings) Fields() []field.Field {
	return []field.Field{field.Of("history", &s.Keep, length).By("WATCHDOG_HISTORY").With(field.About{Preset: "24h", Restart: true, Doc: "how long values are remembered, in memory, for charts; 0: none"})}
}

// longest is the maximal Keep; the memory is bounded separately.
const longest = 30 * 24 * time.Hour

func length(s string) (time.Duration, error) {
	d, err := duration.Parse(s)
	if err == nil && d != 0 && (d < time.Minute || d > longest) {
		err = fmt.Errorf("%q is neither 0 nor from 1m to 30d", s)
	}
	return d, err
}

// MaxBytes is the limit on the memory of a Store. If the signals need more, less time is kept.
const MaxBytes = 8 << 20

// Store keeps the values and levels of signals by the minute. It is safe for concurrent use.
type Store struct {
	keep int32 // minutes

	mu     sync.Mutex
	series map[messages.Key]*series
	bytes  int
	swept  int32 // the minute in which old samples were last dropped
}

// NewStore returns a store that keeps values for the given time, within MaxBytes.
func NewStore(keep time.Duration) *Store {
	s := &Store{keep: int32(keep / time.Minute)}
	s.clear()
	return s
}

func (s *Store) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.series, s.bytes = make(map[messages.Key]*series), 0
}

func minuteOf(at time.Time) int32 { return int32(at.Unix() / 60) }

// Add adds the observations of a report.
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

// forgetBefore drops the samples before the minute, and signals without samples.
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

// forgetOldest drops the oldest hour of all signals. It returns false if the store is empty.
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
	Samples   []Sample // sorted by time; a minute without a sample is a gap
	Threshold string   // of the last observation; empty: none
	Bound     float64  // the number in Threshold; valid only if Bounded is set
	Bounded   bool
}

// Series returns the history of a signal over the given time before now; ok is false for an unknown
// signal.
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

// Retention returns how long values are kept at most.
func (s *Store) Retention() time.Duration { return time.Duration(s.keep) * time.Minute }
