package probe_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/actors/worker"
	"orchestrator-watchdog/messages"
)

// bench is an actor under test in virtual time, with all its output.
type bench struct {
	actor  *probe.Actor
	wake   chan struct{}
	calls  *probe.Calls
	logs   *observer.ObservedLogs
	start  time.Time
	panics chan any // what Serve panicked with
	stop   func()   // cancels Serve and waits for it

	mu      sync.Mutex
	read    func(ctx context.Context, n int) (probe.Reading, error)
	began   []time.Duration // start of each reading
	running int
	reports []messages.Report
	edges   []messages.Edge
}

// newBench runs an actor with an interval of 15 s, a confirmation interval of 3 s and a deadline
// of 5 s. read is its probe; n counts the readings from 1.
func newBench(read func(ctx context.Context, n int) (probe.Reading, error), edit ...func(*probe.Options)) *bench {
	b := &bench{read: read, start: time.Now(), wake: make(chan struct{}, 1), calls: probe.NewCalls(), panics: make(chan any, 10)}
	zcore, logs := observer.New(zapcore.InfoLevel)
	b.logs = logs
	options := probe.Options{
		Name: "p", Probe: probe.Func(b.observe), Interval: 15 * time.Second, Confirm: 3 * time.Second, Deadline: 5 * time.Second,
		Wake: b.wake, Calls: b.calls, Progress: func() {},
		Common: &probe.Common{Emit: b.emit, EmitEdge: b.emitEdge, Log: zap.New(zcore), Now: time.Now, Beat: 5 * time.Second},
	}
	for _, e := range edit {
		e(&options)
	}
	b.actor = probe.NewActor(options)
	b.serve()
	return b
}

// serve runs Serve once, until it is stopped or panics.
func (b *bench) serve() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if v := recover(); v != nil {
				b.panics <- v
			}
		}()
		_ = b.actor.Serve(ctx)
	}()
	b.stop = func() { cancel(); <-done }
}

func (b *bench) observe(ctx context.Context) (probe.Reading, error) {
	b.mu.Lock()
	b.began = append(b.began, time.Since(b.start))
	n := len(b.began)
	if b.running++; b.running > 1 {
		panic("two readings at once")
	}
	b.mu.Unlock()
	defer func() { b.mu.Lock(); b.running--; b.mu.Unlock() }()
	return b.read(ctx, n)
}

func (b *bench) emit(r messages.Report) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reports = append(b.reports, r)
}

func (b *bench) emitEdge(e messages.Edge) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.edges = append(b.edges, e)
}

// until lets virtual time pass until the given time after the start.
func (b *bench) until(at time.Duration) {
	time.Sleep(time.Until(b.start.Add(at)))
	synctest.Wait()
}

// expectReadings checks when the readings began.
func (b *bench) expectReadings(t *testing.T, want ...time.Duration) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if !slices.Equal(b.began, want) {
		t.Errorf("readings began at %s, want %s", b.began, want)
	}
}

// takeReports returns the reports since the last call, one line each.
func (b *bench) takeReports() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var lines []string
	for _, r := range b.reports {
		line := fmt.Sprintf("%s:", r.At.Sub(b.start))
		for _, o := range r.Observations {
			line += fmt.Sprintf(" %s=%s", o.Signal, o.Level)
		}
		if r.Complete {
			line += " complete"
		}
		lines = append(lines, line)
	}
	b.reports = nil
	return lines
}

// expectReports checks the reports since the last call.
func (b *bench) expectReports(t *testing.T, want ...string) {
	t.Helper()
	if got := b.takeReports(); !slices.Equal(got, want) {
		t.Errorf("reported\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func healthy(context.Context, int) (probe.Reading, error) {
	return reading("dep_down:db", messages.OK), nil
}

func reading(key messages.Key, level messages.Level) probe.Reading {
	return probe.Reading{Observations: []messages.Observation{{Signal: key, Level: level}}}
}

// takes returns a probe whose first readings take the given times and ignore their context.
func takes(long ...time.Duration) func(context.Context, int) (probe.Reading, error) {
	return func(ctx context.Context, n int) (probe.Reading, error) {
		if n <= len(long) {
			time.Sleep(long[n-1])
		}
		return healthy(ctx, n)
	}
}

const second = time.Second

// Readings begin at whole intervals from the first. A long reading, during which others are
// skipped, does not shift the later ones.
func TestALateReadingShiftsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(takes(0, 40*second), func(o *probe.Options) { o.Deadline = time.Minute })
		b.until(91 * second)
		b.stop()
		b.expectReadings(t, 0, 15*second, 60*second, 75*second, 90*second)
		if n := b.logs.FilterMessage("tick_skipped").Len(); n != 2 {
			t.Errorf("%d skipped readings are logged, want those at 30 s and 45 s", n)
		}
	})
}

// A reading that begins late, since its actor was down after a crash, does not shift the later ones.
func TestALateActorShiftsNoReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(healthy)
		b.until(14 * second)
		b.stop()
		b.until(50 * second)
		b.serve()
		b.until(76 * second)
		b.stop()
		b.expectReadings(t, 0, 50*second, 60*second, 75*second)
	})
}

// The first reading begins after Phase, and the schedule counts from there.
func TestThePhaseShiftsTheSchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(healthy, func(o *probe.Options) { o.Phase = 7 * second })
		b.until(40 * second)
		b.stop()
		b.expectReadings(t, 7*second, 22*second, 37*second)
	})
}

// While a signal is pending, a reading follows after Confirm; the regular readings keep their
// times. Without Confirm, no reading comes sooner.
func TestPendingSignalsAreConfirmedSooner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(healthy)
		for _, at := range []time.Duration{1, 2, 4, 7, 14} { // after each report, and once more before the next reading
			b.until(at * second)
			b.calls.Confirm()
		}
		b.until(31 * second)
		b.stop()
		b.expectReadings(t, 0, 4*second, 7*second, 10*second, 15*second, 30*second)
	})
	synctest.Test(t, func(t *testing.T) {
		b := newBench(healthy, func(o *probe.Options) { o.Confirm = 0 })
		b.until(1 * second)
		b.calls.Confirm()
		b.until(31 * second)
		b.stop()
		b.expectReadings(t, 0, 15*second, 30*second)
	})
}

// A wake starts a reading at once. Any number of wakes during a reading start one more when it
// returns, since it may have missed what happened. The regular readings keep their times.
func TestAWakeReadsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(takes(0, 4*second))
		b.until(2 * second)
		b.wake <- struct{}{} // this reading takes until 6 s
		for at := 3 * second; at < 6*second; at += second {
			b.until(at)
			b.wake <- struct{}{}
		}
		b.until(10 * second)
		b.wake <- struct{}{}
		b.until(31 * second)
		b.stop()
		b.expectReadings(t, 0, 2*second, 6*second, 10*second, 15*second, 30*second)
		if n := b.logs.FilterMessage("tick_skipped").Len(); n != 0 {
			t.Errorf("%d ticks are logged as skipped, want 0", n)
		}
	})
}

// From one second past its deadline, a reading that hangs is reported at every interval, with
// its signals unknown, and logged once. No other reading starts meanwhile.
func TestAReadingThatHangsIsReportedAndNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(takes(0, 40*second))
		b.until(14 * second)
		b.expectReports(t, "0s: dep_down:db=ok watchdog_probe:p=ok complete")
		b.until(46 * second)
		b.wake <- struct{}{}
		b.calls.Confirm()
		b.until(54 * second)
		b.expectReports(t,
			"21s: dep_down:db=unknown watchdog_probe:p=warning",
			"30s: dep_down:db=unknown watchdog_probe:p=warning",
			"45s: dep_down:db=unknown watchdog_probe:p=warning",
			"46s: dep_down:db=unknown watchdog_probe:p=warning",
			"49s: dep_down:db=unknown watchdog_probe:p=warning",
		)
		b.expectReadings(t, 0, 15*second)
		if n := b.logs.FilterMessage("probe_stuck").Len(); n != 1 {
			t.Errorf("probe_stuck is logged %d times", n)
		}
		// Its result is old and dropped. A wake came meanwhile, so the next reading starts at once.
		b.until(61 * second)
		b.stop()
		b.expectReports(t,
			"55s: dep_down:db=ok watchdog_probe:p=ok complete",
			"1m0s: dep_down:db=ok watchdog_probe:p=ok complete",
		)
		b.expectReadings(t, 0, 15*second, 55*second, 60*second)
	})
}

// The observations and notes of a reading that hung are dropped. Without a wake, the next reading
// comes at its regular time.
func TestTheResultOfAnOverdueReadingIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(func(_ context.Context, n int) (probe.Reading, error) {
			if n == 1 {
				time.Sleep(20 * second)
				r := reading("dep_down:old", messages.Critical)
				r.Notes = []probe.Note{{Event: "config_warning", Text: "old"}}
				r.Observations = append(r.Observations, messages.Observation{Signal: "container_oom:old", Level: messages.Critical})
				return r, nil
			}
			return reading("dep_down:new", messages.OK), nil
		})
		b.until(31 * second)
		b.stop()
		b.expectReports(t,
			"6s: watchdog_probe:p=warning",
			"15s: watchdog_probe:p=warning",
			"30s: dep_down:new=ok watchdog_probe:p=ok complete",
		)
		if len(b.edges) != 0 || b.logs.FilterMessage("config_warning").Len() != 0 {
			t.Errorf("edges %v, log %v", b.edges, b.logs.All())
		}
	})
}

// A restarted actor keeps the schedule and starts no second reading while one from before the
// restart runs. It reports the result of that reading if it returns in time.
func TestARestartKeepsTheRunningReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(takes(0, 4*second, 20*second))
		b.until(16 * second)
		b.stop()
		b.serve()
		b.until(20 * second)
		b.expectReports(t, "0s: dep_down:db=ok watchdog_probe:p=ok complete", "19s: dep_down:db=ok watchdog_probe:p=ok complete")
		b.until(40 * second) // the third reading began at 30 s and is stuck
		b.stop()
		b.serve()
		b.until(61 * second)
		b.stop()
		b.expectReadings(t, 0, 15*second, 30*second, 60*second)
		b.expectReports(t,
			"36s: dep_down:db=unknown watchdog_probe:p=warning",
			"45s: dep_down:db=unknown watchdog_probe:p=warning",
			"1m0s: dep_down:db=ok watchdog_probe:p=ok complete",
		)
	})
}

// The context of a reading ends at the deadline, not when the actor stops.
func TestAReadingHasTheDeadlineAndOutlivesTheActor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(func(ctx context.Context, _ int) (probe.Reading, error) {
			<-ctx.Done()
			return probe.Reading{}, fmt.Errorf("waited: %w", ctx.Err())
		})
		b.until(2 * second)
		b.stop()
		b.serve()
		b.until(6 * second)
		b.stop()
		if r := b.reports; len(r) != 1 || r[0].Took != 5*second || r[0].Err != "waited: context deadline exceeded" {
			t.Errorf("reported %+v", r)
		}
	})
}

// A panic of a reading is reported, with its signals unknown, and then panics the actor for its
// supervisor to see. The restarted actor keeps its schedule.
func TestAPanicIsReportedAndPassedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(func(ctx context.Context, n int) (probe.Reading, error) {
			if n == 2 {
				panic("boom")
			}
			return healthy(ctx, n)
		})
		b.until(15 * second)
		passed, ok := (<-b.panics).(*worker.Panic)
		if !ok || passed.Value != "boom" || !strings.Contains(string(passed.Stack), "actor_test.go") {
			t.Errorf("Serve panicked with %v, want the reading's panic and its stack", passed)
		}
		b.serve()
		b.until(31 * second)
		b.stop()
		b.expectReadings(t, 0, 15*second, 30*second)
		b.expectReports(t,
			"0s: dep_down:db=ok watchdog_probe:p=ok complete",
			"15s: dep_down:db=unknown watchdog_probe:p=warning",
			"30s: dep_down:db=ok watchdog_probe:p=ok complete",
		)
	})
}

// The observations of a failed reading count. Other known signals are unknown, however many
// readings fail in a row. A complete reading forgets the signals that it lacks.
func TestAFailedReadingKeepsKnownSignals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(func(_ context.Context, n int) (probe.Reading, error) {
			switch n {
			case 1:
				r := reading("dep_down:a", messages.OK)
				r.Observations = append(r.Observations, messages.Observation{Signal: "dep_down:b", Level: messages.OK})
				return r, nil
			case 2, 3:
				return reading("dep_down:b", messages.Critical), errors.New("refused")
			case 4:
				return reading("dep_down:b", messages.OK), nil
			}
			return probe.Reading{}, errors.New("refused")
		})
		b.until(61 * second)
		b.stop()
		b.expectReports(t,
			"0s: dep_down:a=ok dep_down:b=ok watchdog_probe:p=ok complete",
			"15s: dep_down:b=critical dep_down:a=unknown watchdog_probe:p=ok",
			"30s: dep_down:b=critical dep_down:a=unknown watchdog_probe:p=ok",
			"45s: dep_down:b=ok watchdog_probe:p=ok complete",
			"1m0s: dep_down:b=unknown watchdog_probe:p=ok",
		)
	})
}

// One-shots are sent as edges. A later reading need not contain them.
func TestOneShotsAreEdges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(func(_ context.Context, n int) (probe.Reading, error) {
			r := reading("container_down:db", messages.OK)
			if n == 1 {
				r.Observations = append(r.Observations, messages.Observation{Signal: "container_oom:db", Level: messages.Critical, Detail: "killed"})
				return r, nil
			}
			return r, errors.New("refused")
		})
		b.until(16 * second)
		b.stop()
		b.expectReports(t, "0s: container_down:db=ok watchdog_probe:p=ok complete", "15s: container_down:db=ok watchdog_probe:p=ok")
		if len(b.edges) != 1 || b.edges[0].Probe != "p" || !b.edges[0].At.Equal(b.start) || b.edges[0].Observation.Detail != "killed" {
			t.Errorf("edges %+v", b.edges)
		}
	})
}

// Each different note is logged once, even across restarts. The memory for notes is bounded.
func TestNotesAreLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(func(_ context.Context, n int) (probe.Reading, error) {
			r := reading("dep_down:db", messages.OK)
			r.Notes = []probe.Note{{Event: "schema_newer", Text: "version 7"}, {Event: "config_warning", Text: fmt.Sprint(n)}}
			return r, nil
		})
		b.until(50 * 15 * second)
		b.stop()
		b.serve()
		b.until(200 * 15 * second)
		b.stop()
		if n := b.logs.FilterMessage("schema_newer").Len(); n != 1 {
			t.Errorf("one note is logged %d times", n)
		}
		if n := b.logs.FilterMessage("config_warning").Len(); n != 99 {
			t.Errorf("%d of 200 other notes are logged, want 99: 100 notes in all", n)
		}
		if line := b.logs.FilterMessage("schema_newer").All()[0].ContextMap(); line["probe"] != "p" || line["actor"] != "probe:p" || line["detail"] != "version 7" {
			t.Errorf("the line is %v", line)
		}
	})
}

// An idle actor, or one whose reading hangs, calls Progress at least every 5 s.
func TestAnActorShowsProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var last time.Time
		var longest time.Duration
		b := newBench(takes(time.Hour), func(o *probe.Options) {
			o.Interval = time.Hour
			o.Progress = func() {
				if !last.IsZero() {
					longest = max(longest, time.Since(last))
				}
				last = time.Now()
			}
		})
		b.until(3 * time.Hour)
		b.stop()
		if longest > 5*second {
			t.Errorf("%s without Progress", longest)
		}
	})
}

// The signals that a note says are off are off in the report, unless the note is Normal.
func TestSignalsThatAreOffAreReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(func(context.Context, int) (probe.Reading, error) {
			r := reading("host_load", messages.OK)
			r.Notes = []probe.Note{
				{Event: "config_warning", Text: "permission denied", Off: []string{"host_memory"}},
				{Event: "signal_off", Text: "there is none", Off: []string{"host_raid"}, Normal: true},
				{Event: "config_warning", Text: "of something else"},
			}
			return r, nil
		})
		b.until(15 * second)
		b.stop()
		off := b.reports[0].Off
		if len(off) != 1 || off[0].Why != "permission denied" || !off[0].Covers("host_memory") || off[0].Covers("host_raid:md0") {
			t.Errorf("off is %+v, want host_memory alone", off)
		}
	})
}
