package history

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"pgregory.net/rapid"

	"orchestrator-watchdog/messages"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func report(at time.Time, level messages.Level, value float64) messages.Report {
	o := messages.Observation{Signal: "host_memory", Level: level}.WithBound(92, "> 92 %")
	return messages.Report{Probe: "host", At: at, Observations: []messages.Observation{o.WithValue(value)}}
}

// A sample has the least, greatest and last value of its minute, and the worst level. A minute
// without a reading has no sample.
func TestSamples(t *testing.T) {
	s := NewStore(time.Hour)
	for i, v := range []float64{5, 9, 7} {
		s.Add(report(noon.Add(time.Duration(i)*15*time.Second), messages.Level(i%2), v))
	}
	s.Add(report(noon.Add(3*time.Minute), messages.OK, 1))
	all, ok := s.Series("host_memory", 10*time.Minute, noon.Add(4*time.Minute))
	want := []Sample{
		{At: noon, Level: messages.Warning, Valued: true, Min: 5, Max: 9, Last: 7},
		{At: noon.Add(3 * time.Minute), Level: messages.OK, Valued: true, Min: 1, Max: 1, Last: 1},
	}
	if !ok || !slices.Equal(all.Samples, want) || all.Threshold != "> 92 %" {
		t.Errorf("got %+v", all)
	}
	if _, ok := s.Series("host_load", time.Hour, noon); ok {
		t.Error("there is a history of a signal that was never observed")
	}
}

// A store returns the same samples as a plain map of minutes, also if the clock steps.
func TestPropertyTheStoreIsAListOfMinutes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, plain, at := NewStore(time.Hour), map[time.Time]Sample{}, noon
		aged := map[time.Time]Sample{} // too old once; if the clock steps back, the store may still have them
		for range rapid.IntRange(1, 300).Draw(t, "reports") {
			at = at.Add(rapid.SampledFrom([]time.Duration{15 * time.Second, 15 * time.Second, time.Minute, 20 * time.Minute, -5 * time.Minute}).Draw(t, "pause"))
			level := messages.Level(rapid.IntRange(-1, 2).Draw(t, "level"))
			v := float64(rapid.IntRange(0, 2).Draw(t, "value"))
			s.Add(report(at, level, v))
			minute := at.Truncate(time.Minute)
			back := false
			for other := range plain {
				back = back || other.After(minute)
			}
			for other, m := range plain { // if the clock stepped back, drop this minute and later ones
				switch {
				case back && !other.Before(minute):
					delete(plain, other)
				case other.Before(minute.Add(-time.Hour)):
					delete(plain, other)
					aged[other] = m
				}
			}
			m, some := plain[minute]
			if !some {
				m = Sample{At: minute, Level: level, Valued: true, Min: v, Max: v}
			}
			m.Level, m.Min, m.Max, m.Last = max(m.Level, level), min(m.Min, v), max(m.Max, v), v
			plain[minute] = m
		}
		all, _ := s.Series("host_memory", time.Hour, at)
		var want []Sample
		for _, m := range plain {
			want = append(want, m)
		}
		for _, got := range all.Samples {
			if m, was := aged[got.At]; was {
				want = append(want, m)
			}
		}
		slices.SortFunc(want, func(a, b Sample) int { return a.At.Compare(b.At) })
		near := func(a, b float64) bool { return math.Abs(a-b) < 0.01 } // past hours are packed
		if !slices.EqualFunc(all.Samples, want, func(a, b Sample) bool {
			return a.At.Equal(b.At) && a.Level == b.Level && a.Valued == b.Valued && near(a.Min, b.Min) && near(a.Max, b.Max) && near(a.Last, b.Last)
		}) {
			t.Fatalf("got\n%v\nwant\n%v", all.Samples, want)
		}
	})
}

// The memory is bounded. If there are too many signals, less time is kept, for all of them.
func TestTheMemoryIsBounded(t *testing.T) {
	s := NewStore(24 * time.Hour)
	random := rand.New(rand.NewPCG(1, 2))
	for minute := range 600 {
		r := messages.Report{At: noon.Add(time.Duration(minute) * time.Minute)}
		for i := range 2000 {
			o := messages.Observation{Signal: messages.NewKey("dep_slow", fmt.Sprint(i))}
			r.Observations = append(r.Observations, o.WithValue(random.Float64()))
		}
		s.Add(r)
		if s.bytes > MaxBytes {
			t.Fatalf("%d bytes", s.bytes)
		}
	}
	now := noon.Add(600 * time.Minute)
	one, _ := s.Series("dep_slow:1", 24*time.Hour, now)
	other, _ := s.Series("dep_slow:1999", 24*time.Hour, now)
	if len(one.Samples) < 100 || len(one.Samples) != len(other.Samples) {
		t.Errorf("%d and %d minutes are kept, want as many of each", len(one.Samples), len(other.Samples))
	}
	count := 0
	for key, one := range s.series {
		count += one.bytes(key)
	}
	if count != s.bytes {
		t.Errorf("the store counts %d bytes, want %d", s.bytes, count)
	}
}

// After a panic the actor clears the store and continues.
func TestAPanicClearsTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reports := make(chan *messages.Report)
		store := NewStore(time.Hour)
		a := New(Options{Store: store, Reports: reports, Log: zap.NewNop()})
		store.Add(report(noon, messages.OK, 1))
		a.busy = true // as a panic leaves it
		go func() { _ = a.Serve(t.Context()) }()
		next := report(noon.Add(time.Minute), messages.OK, 2)
		reports <- &next
		synctest.Wait()
		all, ok := store.Series("host_memory", time.Hour, noon.Add(time.Minute))
		if !ok || len(all.Samples) != 1 || all.Samples[0].Last != 2 {
			t.Errorf("got %t, %+v", ok, all.Samples)
		}
	})
}

// A sparkline shows the values, the length of the time, and the first and last value.
func TestSpark(t *testing.T) {
	s := NewStore(time.Hour)
	for i := range 30 {
		if i < 10 || i > 14 {
			s.Add(report(noon.Add(time.Duration(i)*time.Minute), messages.OK, float64(60+i)))
		}
	}
	all, _ := s.Series("host_memory", 30*time.Minute, noon.Add(29*time.Minute+30*time.Second))
	if got, want := all.Spark(" %"), "▁▂▂▃  ▅▆▆▇▇█ 30 min: 61 → 89 %"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	young, _ := s.Series("host_memory", 30*time.Minute, noon.Add(8*time.Minute+30*time.Second))
	young.Samples = young.Samples[:9]
	if got, want := young.Spark(" %"), "▁▄▅█ 9 min: 60 → 68 %"; got != want {
		t.Errorf("nine minutes after the start: %q, want %q", got, want)
	}
	all.Samples = all.Samples[:1]
	if got := all.Spark(""); got != "" {
		t.Errorf("one value: %q", got)
	}
}

// BenchmarkADay measures the memory of 1,000 signals with changing values over a day of 15 s ticks.
func BenchmarkADay(b *testing.B) {
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		s := NewStore(24 * time.Hour)
		r := messages.Report{Observations: make([]messages.Observation, 1000)}
		for tick := range 24 * 60 * 4 {
			r.At = noon.Add(time.Duration(tick) * 15 * time.Second)
			for i := range r.Observations {
				r.Observations[i] = messages.Observation{Signal: messages.NewKey("dep_slow", fmt.Sprint(i))}.WithValue(float64((tick*7 + i*13) % 1000))
			}
			s.Add(r)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB")
		one, _ := s.Series("dep_slow:1", 24*time.Hour, r.At)
		b.ReportMetric(float64(len(one.Samples))/60, "hours")
	}
}
