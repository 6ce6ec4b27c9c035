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

// bench is an actor under test, in virtual time, with all that it let out.
type bench struct {
	actor  *probe.Actor
	wake   chan struct{}
	calls  *probe.Calls
	logs   *observer.ObservedLogs
	start  time.Time
	panics chan any // what Serve panicked with
	stop   func()   // ends Serve, and waits for it

	mu      sync.Mutex
	read    func(ctx context.Context, n int) (probe.Reading, error)
	began   []time.Duration // when each reading did
	atOnce  int
	reports []messages.Report
	edges   []messages.Edge
}

// newBench runs an actor with an interval of 15 s, a confirmation of 3 s and a deadline
// of 5 s; read is its probe, called with the number of the reading.
func newBench(read func(ctx context.Context, n int) (probe.Reading, error), edit ...func(*probe.Options)) *bench {
	b := &bench{read: read, start: time.Now(), wake: make(chan struct{}, 1), calls: probe.NewCalls(), panics: make(chan any, 10)}
	zcore, logs := observer.New(zapcore.InfoLevel)
	b.logs = logs
	options := probe.Options{
		Name: "p", Probe: probe.Func(b.observe), Interval: 15 * time.Second, Confirm: 3 * time.Second, Deadline: 5 * time.Second,
		Wake: b.wake, Calls: b.calls, Emit: b.emit, EmitEdge: b.emitEdge, Log: zap.New(zcore), Now: time.Now, Progress: func() {},
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
	if b.atOnce++; b.atOnce > 1 {
		panic("two readings at once")
	}
	b.mu.Unlock()
	defer func() { b.mu.Lock(); b.atOnce--; b.mu.Unlock() }()
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

// until lets virtual time pass until so long after the start.
func (b *bench) until(at time.Duration) {
	time.Sleep(time.Until(b.start.Add(at)))
	synctest.Wait()
}

// expectReadings holds when readings began.
func (b *bench) expectReadings(t *testing.T, want ...time.Duration) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if !slices.Equal(b.began, want) {
		t.Errorf("readings began at %s, want %s", b.began, want)
	}
}

// told is what was reported since the last call, a line for each report.
func (b *bench) told() []string {
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

// expectTold holds what was reported since the last call.
func (b *bench) expectTold(t *testing.T, want ...string) {
	t.Helper()
	if got := b.told(); !slices.Equal(got, want) {
		t.Errorf("reported\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func well(context.Context, int) (probe.Reading, error) {
	return reading("dep_down:db", messages.OK), nil
}

func reading(key messages.Key, level messages.Level) probe.Reading {
	return probe.Reading{Observations: []messages.Observation{{Signal: key, Level: level}}}
}

// takes is a probe whose first readings take so long, without a look at their context.
func takes(long ...time.Duration) func(context.Context, int) (probe.Reading, error) {
	return func(ctx context.Context, n int) (probe.Reading, error) {
		if n <= len(long) {
			time.Sleep(long[n-1])
		}
		return well(ctx, n)
	}
}

const second = time.Second

// Readings begin by whole intervals from the first: one that takes long, and whose next
// is skipped, shifts none of those after it.
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

// Nor does one that begins late, since its actor rested after a crash.
func TestALateActorShiftsNoReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(well)
		b.until(14 * second)
		b.stop()
		b.until(50 * second)
		b.serve()
		b.until(76 * second)
		b.stop()
		b.expectReadings(t, 0, 50*second, 60*second, 75*second)
	})
}

// The first reading waits for its phase, and the schedule goes from there.
func TestThePhaseIsThatOfTheSchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(well, func(o *probe.Options) { o.Phase = 7 * second })
		b.until(40 * second)
		b.stop()
		b.expectReadings(t, 7*second, 22*second, 37*second)
	})
}

// While the core waits for confirmation, readings come at that pace; the regular ones
// keep their times. Without a pace of its own that is the interval.
func TestPendingSignalsAreConfirmedSooner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(well)
		for _, at := range []time.Duration{1, 2, 4, 7, 14} { // after each report and, sooner than it comes, once more
			b.until(at * second)
			b.calls.Confirm()
		}
		b.until(31 * second)
		b.stop()
		b.expectReadings(t, 0, 4*second, 7*second, 10*second, 15*second, 30*second)
	})
	synctest.Test(t, func(t *testing.T) {
		b := newBench(well, func(o *probe.Options) { o.Confirm = 0 })
		b.until(1 * second)
		b.calls.Confirm()
		b.until(31 * second)
		b.stop()
		b.expectReadings(t, 0, 15*second, 30*second)
	})
}

// A wake reads at once. One during a reading, which may have missed what happened, reads
// again when it returned, once for any number of them. The regular readings keep their times.
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
			t.Error("a wake is no tick, and none was skipped")
		}
	})
}

// A reading that hangs: a second past its deadline its signals are unknown and the probe
// says so of itself, at every interval, in the log once. Nothing is read beside it.
func TestAReadingThatHangsIsSaidAndNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(takes(0, 40*second))
		b.until(14 * second)
		b.expectTold(t, "0s: dep_down:db=ok watchdog_probe:p=ok complete")
		b.until(46 * second)
		b.wake <- struct{}{}
		b.calls.Confirm()
		b.until(54 * second)
		b.expectTold(t,
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
		// What it brings when it returns is old and not used; it was woken meanwhile, so
		// the next reading comes at once.
		b.until(61 * second)
		b.stop()
		b.expectTold(t,
			"55s: dep_down:db=ok watchdog_probe:p=ok complete",
			"1m0s: dep_down:db=ok watchdog_probe:p=ok complete",
		)
		b.expectReadings(t, 0, 15*second, 55*second, 60*second)
	})
}

// Without a wake, the reading after one that hung comes at its regular time; neither the
// observations nor the notes of the one that hung are used.
func TestWhatAnOverdueReadingBringsIsNotUsed(t *testing.T) {
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
		b.expectTold(t,
			"6s: watchdog_probe:p=warning",
			"15s: watchdog_probe:p=warning",
			"30s: dep_down:new=ok watchdog_probe:p=ok complete",
		)
		if len(b.edges) != 0 || b.logs.FilterMessage("config_warning").Len() != 0 {
			t.Errorf("edges %v, log %v", b.edges, b.logs.All())
		}
	})
}

// A restart of the actor starts no second reading beside one of its former life, keeps
// the schedule, and takes what that reading brings in time.
func TestARestartFindsTheReadingUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(takes(0, 4*second, 20*second))
		b.until(16 * second)
		b.stop()
		b.serve()
		b.until(20 * second)
		b.expectTold(t, "0s: dep_down:db=ok watchdog_probe:p=ok complete", "19s: dep_down:db=ok watchdog_probe:p=ok complete")
		b.until(40 * second) // the third, since 30 s, is stuck
		b.stop()
		b.serve()
		b.until(61 * second)
		b.stop()
		b.expectReadings(t, 0, 15*second, 30*second, 60*second)
		b.expectTold(t,
			"36s: dep_down:db=unknown watchdog_probe:p=warning",
			"45s: dep_down:db=unknown watchdog_probe:p=warning",
			"1m0s: dep_down:db=ok watchdog_probe:p=ok complete",
		)
	})
}

// The context of a reading ends at the deadline, and not with the actor: a restart is no
// reason to fail.
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

// A panic of the reading is reported, with its signals unknown, and is the actor's own
// panic then, for its supervisor to see. Restarted, it goes on by its schedule.
func TestAPanicIsReportedAndPassedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(func(ctx context.Context, n int) (probe.Reading, error) {
			if n == 2 {
				panic("boom")
			}
			return well(ctx, n)
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
		b.expectTold(t,
			"0s: dep_down:db=ok watchdog_probe:p=ok complete",
			"15s: dep_down:db=unknown watchdog_probe:p=warning",
			"30s: dep_down:db=ok watchdog_probe:p=ok complete",
		)
	})
}

// A reading that failed counts with what it brought; what was known before, and it does
// not name, is unknown, however many fail in a row. What a complete one leaves out is forgotten.
func TestAFailedReadingHoldsWhatWasKnown(t *testing.T) {
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
		b.expectTold(t,
			"0s: dep_down:a=ok dep_down:b=ok watchdog_probe:p=ok complete",
			"15s: dep_down:b=critical dep_down:a=unknown watchdog_probe:p=ok",
			"30s: dep_down:b=critical dep_down:a=unknown watchdog_probe:p=ok",
			"45s: dep_down:b=ok watchdog_probe:p=ok complete",
			"1m0s: dep_down:b=unknown watchdog_probe:p=ok",
		)
	})
}

// One-shots travel as edges, and are nothing that a later reading would have to name.
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
		b.expectTold(t, "0s: container_down:db=ok watchdog_probe:p=ok complete", "15s: container_down:db=ok watchdog_probe:p=ok")
		if len(b.edges) != 1 || b.edges[0].Probe != "p" || !b.edges[0].At.Equal(b.start) || b.edges[0].Observation.Detail != "killed" {
			t.Errorf("edges %+v", b.edges)
		}
	})
}

// Each different note is logged once, also across restarts, and their memory is bounded.
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
			t.Errorf("of 201 others %d are logged, want 100 in all", n)
		}
		if line := b.logs.FilterMessage("schema_newer").All()[0].ContextMap(); line["probe"] != "p" || line["actor"] != "probe:p" || line["detail"] != "version 7" {
			t.Errorf("the line is %v", line)
		}
	})
}

// An idle actor shows that it lives often enough for whoever waits ten seconds for it,
// and so does one whose reading hangs.
func TestAnActorShowsThatItLives(t *testing.T) {
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
			t.Errorf("%s without a sign of life", longest)
		}
	})
}

// What a note says is off is off in the report, unless all is as it should be.
func TestWhatIsOffIsReported(t *testing.T) {
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
		if len(off) != 1 || off[0].Why != "permission denied" || !off[0].Of("host_memory") || off[0].Of("host_raid:md0") {
			t.Errorf("off is %+v, want host_memory alone", off)
		}
	})
}
