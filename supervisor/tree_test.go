package supervisor_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor"
)

const tick = 15 * time.Second

// chat is a channel in memory.
type chat struct {
	mu   sync.Mutex
	name string
	send func(attempt int) error // called before Send records the batch; nil: succeeds
	n    int
	told []string
}

func (c *chat) Name() string { return c.name }

func (c *chat) Send(_ context.Context, batch notifier.Batch) (notifier.Sent, error) {
	c.mu.Lock()
	c.n++
	n := c.n
	c.mu.Unlock()
	if c.send != nil {
		if err := c.send(n); err != nil {
			return notifier.Sent{}, err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, item := range batch.Items {
		c.told = append(c.told, fmt.Sprintf("%s %s", item.News, item.Signal))
	}
	return notifier.Sent{MessageID: int64(n)}, nil
}

func (c *chat) lines() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.told...)
}

// counted counts crashes, and records when each probe reported.
type counted struct {
	mu       sync.Mutex
	panics   map[string]int
	restarts map[string]int
	reports  map[string][]time.Time
	ticks    []time.Time
}

func newCounted() *counted {
	return &counted{panics: map[string]int{}, restarts: map[string]int{}, reports: map[string][]time.Time{}}
}
func (c *counted) ActorPanicked(a string)  { c.mu.Lock(); defer c.mu.Unlock(); c.panics[a]++ }
func (c *counted) ActorRestarted(a string) { c.mu.Lock(); defer c.mu.Unlock(); c.restarts[a]++ }
func (c *counted) Notified(string, string) {}
func (c *counted) ProbeRemoved(string)     {}
func (c *counted) ChannelAdded(string)     {}
func (c *counted) Ticked(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ticks = append(c.ticks, at)
}
func (c *counted) ProbeReported(p string, _ time.Duration, _ bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reports[p] = append(c.reports[p], time.Now())
}

func (c *counted) ticked() []time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]time.Time(nil), c.ticks...)
}

func (c *counted) reported(probe string) []time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]time.Time(nil), c.reports[probe]...)
}

func (c *counted) crashes(actor string) (panics, restarts int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.panics[actor], c.restarts[actor]
}

// rig is a running tree in virtual time.
type rig struct {
	tree    *supervisor.Tree
	counted *counted
	logs    *observer.ObservedLogs
	ended   chan error
	stop    func() error
	start   time.Time
}

func run(probes []supervisor.ProbePart, channels ...notifier.Channel) *rig {
	return runWith(func(*supervisor.Parts) {}, probes, channels...)
}

// runKept runs a tree that saves its state.
func runKept(keep func(core.State) bool, probes []supervisor.ProbePart, channels ...notifier.Channel) *rig {
	return runWith(func(p *supervisor.Parts) { p.SaveState = keep }, probes, channels...)
}

// runWith runs a tree whose parts change has changed.
func runWith(change func(*supervisor.Parts), probes []supervisor.ProbePart, channels ...notifier.Channel) *rig {
	r := &rig{counted: newCounted(), start: time.Now()}
	zcore, logs := observer.New(zapcore.InfoLevel)
	r.logs = logs
	parts := supervisor.Parts{
		Tick: tick, Log: zap.New(zcore), Metrics: r.counted, Now: time.Now, Probes: probes,
		Services: func(*supervisor.Tree) []supervisor.Service { return nil },
		Settings: &core.Settings{
			Tick: tick, GroupWait: time.Second, Rules: core.BuiltinRules(),
			Defaults: core.Policy{Enabled: true, RaiseTicks: 2, ClearTicks: 2, Cooldown: time.Hour},
		},
	}
	for _, ch := range channels {
		parts.Channels = append(parts.Channels, supervisor.ChannelPart{Channel: ch, Paced: true})
	}
	change(&parts)
	r.tree = supervisor.New(parts)
	ctx, cancel := context.WithCancel(context.Background())
	r.ended = make(chan error, 1)
	go func() { defer cancel(); r.ended <- r.tree.Run(ctx) }()
	r.stop = func() error { cancel(); return <-r.ended }
	return r
}

func part(name string, observe probe.Func) supervisor.ProbePart {
	return supervisor.ProbePart{Name: name, Probe: observe, Interval: tick, Deadline: 5 * time.Second}
}

// observing returns a probe of one signal, whose level is a function of the time since the start.
func observing(name string, signal messages.Key, level func(time.Duration) messages.Level) supervisor.ProbePart {
	start := time.Now()
	return part(name, func(context.Context) (probe.Reading, error) {
		return probe.Reading{Observations: []messages.Observation{{Signal: signal, Level: level(time.Since(start)), Detail: "as it is"}}}, nil
	})
}

func always(l messages.Level) func(time.Duration) messages.Level {
	return func(time.Duration) messages.Level { return l }
}

func from(at time.Duration, l messages.Level) func(time.Duration) messages.Level {
	return func(d time.Duration) messages.Level {
		if d >= at {
			return l
		}
		return messages.OK
	}
}

// onTime fails unless times are an undisturbed schedule: one at each tick, after first.
func onTime(t *testing.T, what string, times []time.Time, start time.Time, first time.Duration, want int) {
	t.Helper()
	if len(times) != want {
		t.Errorf("%s: %d times, want %d", what, len(times), want)
	}
	for i, at := range times {
		if due := start.Add(first + time.Duration(i)*tick); !at.Equal(due) {
			t.Errorf("%s %d came at %s, want %s", what, i, at.Sub(start), due.Sub(start))
			return
		}
	}
}

func count(lines []string, line string) int {
	n := 0
	for _, l := range lines {
		if l == line {
			n++
		}
	}
	return n
}

// A probe that panics at every reading is restarted each time, and disturbs nothing: the ticks and
// the other probe's reports are on time, and an alert is delivered once.
func TestAPanickingProbeDisturbsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch := &chat{name: "chat"}
		r := run([]supervisor.ProbePart{
			part("bad", func(context.Context) (probe.Reading, error) { panic("boom") }),
			observing("good", "dep_down:db", from(5*time.Minute, messages.Critical)),
		}, ch)
		time.Sleep(30*time.Minute + time.Second)
		onTime(t, "tick", r.counted.ticked(), r.start, tick, 120)
		onTime(t, "report of the good probe", r.counted.reported("good"), r.start, 0, 121)
		if panics, restarts := r.counted.crashes("probe:bad"); panics != 121 || restarts != 121 {
			t.Errorf("%d panics and %d restarts, want 121 of each", panics, restarts)
		}
		if got := ch.lines(); count(got, "ALERT dep_down:db") != 1 || count(got, "ALERT watchdog_probe:bad") != 1 || len(got) != 2 {
			t.Errorf("told %q, want the alert once, and once that the probe panics", got)
		}
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
}

// A notifier that panics at every other send loses nothing: each alert arrives once.
func TestAPanickingNotifierLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch := &chat{name: "chat"}
		ch.send = func(n int) error {
			if n%2 == 1 {
				panic("boom")
			}
			return nil
		}
		r := run([]supervisor.ProbePart{
			observing("a", "dep_down:a", from(time.Minute, messages.Critical)),
			observing("b", "dep_down:b", from(10*time.Minute, messages.Critical)),
		}, ch)
		time.Sleep(20*time.Minute + time.Second)
		onTime(t, "tick", r.counted.ticked(), r.start, tick, 80)
		onTime(t, "report", r.counted.reported("a"), r.start, 0, 81)
		if got := strings.Join(ch.lines(), ", "); got != "ALERT dep_down:a, ALERT dep_down:b" {
			t.Errorf("told %q", got)
		}
		if panics, _ := r.counted.crashes("notifier:chat"); panics != 2 {
			t.Errorf("%d panics, want 2", panics)
		}
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
}

// A message that makes the core panic is dropped and reported. The state is kept.
func TestAPoisonMessageIsDroppedAndTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch := &chat{name: "chat"}
		r := run([]supervisor.ProbePart{observing("a", "dep_down:a", always(messages.Critical))}, ch)
		time.Sleep(time.Minute)
		r.tree.Poison()
		time.Sleep(10*time.Minute + time.Second)
		onTime(t, "tick", r.counted.ticked(), r.start, tick, 44)
		if got := strings.Join(ch.lines(), ", "); got != "ALERT dep_down:a, EVENT watchdog_core" {
			t.Errorf("told %q, want the alert and the panic once each", got)
		}
		if panics, restarts := r.counted.crashes("core"); panics != 1 || restarts != 1 {
			t.Errorf("%d panics, %d restarts", panics, restarts)
		}
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
}

// If a reading never returns, no second one is started, its signals are unknown, and watchdog_probe
// rises. Other probes are undisturbed, and a stop still ends in time.
func TestAReadingThatNeverReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch := &chat{name: "chat"}
		var mu sync.Mutex
		calls, atOnce := 0, 0
		forever := make(chan struct{})
		r := run([]supervisor.ProbePart{
			part("hung", func(context.Context) (probe.Reading, error) {
				mu.Lock()
				calls++
				n := calls
				atOnce++
				mu.Unlock()
				defer func() { mu.Lock(); atOnce--; mu.Unlock() }()
				if n > 1 {
					<-forever
				}
				return probe.Reading{Observations: []messages.Observation{{Signal: "host_inodes:/nfs", Level: messages.OK}}}, nil
			}),
			observing("good", "dep_down:db", always(messages.OK)),
		}, ch)
		time.Sleep(10*time.Minute + time.Second)
		mu.Lock()
		if calls != 2 || atOnce != 1 {
			t.Errorf("%d readings were started and %d are running, want 2 and 1", calls, atOnce)
		}
		mu.Unlock()
		if o, _ := r.tree.State().Last("host_inodes:/nfs"); o.Level != messages.Unknown {
			t.Errorf("the signal of the hung probe is %s, want unknown", o.Level)
		}
		if got := strings.Join(ch.lines(), ", "); got != "ALERT watchdog_probe:hung" {
			t.Errorf("told %q", got)
		}
		if r.logs.FilterMessage("probe_stuck").Len() != 1 {
			t.Errorf("probe_stuck was logged %d times", r.logs.FilterMessage("probe_stuck").Len())
		}
		onTime(t, "report of the good probe", r.counted.reported("good"), r.start, 0, 41)
		before := time.Now()
		if err := r.stop(); err != nil {
			t.Error(err)
		}
		if took := time.Since(before); took > 10*time.Second {
			t.Errorf("the stop took %s", took)
		}
		close(forever)
		synctest.Wait()
	})
}

// A stop sends pending news, including news that still waits for its group, and ends in time even
// if a channel hangs.
func TestAStopSendsWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch, hanging := &chat{name: "chat"}, &chat{name: "hanging"}
		forever := make(chan struct{})
		hanging.send = func(int) error { <-forever; return nil }
		r := run([]supervisor.ProbePart{observing("a", "orch_rule:a", always(messages.Warning))}, ch, hanging)
		time.Sleep(tick + time.Millisecond) // raised a moment ago, and the group waits for a second
		synctest.Wait()
		if got := ch.lines(); len(got) != 0 {
			t.Fatalf("told %q before the stop", got)
		}
		before := time.Now()
		if err := r.stop(); err != nil {
			t.Error(err)
		}
		if got := strings.Join(ch.lines(), ", "); got != "ALERT orch_rule:a" {
			t.Errorf("told %q", got)
		}
		if took := time.Since(before); took > 10*time.Second || took < 8*time.Second {
			t.Errorf("the stop took %s, want the 8 s that the hanging channel is given", took)
		}
		close(forever)
		synctest.Wait()
	})
}

// deaf is a service that ignores its context.
type deaf struct{ until chan struct{} }

func (deaf) String() string { return "deaf" }

func (d deaf) Serve(context.Context) error {
	<-d.until
	return context.Canceled
}

// Even if everything hangs, a stop ends before Docker kills the process.
func TestAStopEndsEvenIfEverythingHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until := make(chan struct{})
		phone := &chat{name: "telegram", send: func(int) error { <-until; return nil }}
		hanging := part("hanging", func(context.Context) (probe.Reading, error) { <-until; return probe.Reading{}, nil })
		hanging.Services = func(*zap.Logger) []supervisor.Service { return []supervisor.Service{deaf{until}} }
		r := runWith(func(p *supervisor.Parts) {
			p.SaveState = func(core.State) bool { <-until; return true }
			p.Services = func(*supervisor.Tree) []supervisor.Service { return []supervisor.Service{deaf{until}} }
		}, []supervisor.ProbePart{hanging, observing("db", "dep_down:db", always(messages.Critical))}, phone)
		time.Sleep(2*tick + time.Second)
		asked := time.Now()
		if err := r.stop(); err != nil {
			t.Error(err)
		}
		if took := time.Since(asked); took > 9400*time.Millisecond {
			t.Errorf("the stop took %s", took)
		}
		close(until)
		synctest.Wait()
	})
}
