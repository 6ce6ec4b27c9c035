package supervisor_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor"
)

// made returns the probe with a spec.
func made(p supervisor.ProbePart, spec any) supervisor.ProbePart {
	p.Spec = spec
	return p
}

func policies(cooldown time.Duration) *core.Settings {
	return &core.Settings{
		Tick: tick, GroupWait: time.Second, Rules: core.BuiltinRules(),
		Defaults: core.Policy{Enabled: true, RaiseTicks: 2, ClearTicks: 2, Cooldown: cooldown},
	}
}

// reload reloads, and fails unless the wanted parts changed.
func (r *rig) reload(t *testing.T, to supervisor.Change, want supervisor.Changed) {
	t.Helper()
	got, err := r.tree.Reload(t.Context(), to)
	if err != nil || !slices.Equal(got.Added, want.Added) || !slices.Equal(got.Removed, want.Removed) || !slices.Equal(got.Replaced, want.Replaced) {
		t.Errorf("the reload changed %+v (%v), want %+v", got, err, want)
	}
}

// After a reload, an unchanged probe keeps its schedule, and a new probe reports at once. The signals
// of a removed probe recover as gone. A probe with another spec keeps the state of its signals.
func TestAReloadTouchesWhatChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		phone := &chat{name: "telegram"}
		channel := supervisor.ChannelPart{Channel: phone, Spec: "chat"}
		sick := always(messages.Critical)
		r := runWith(func(p *supervisor.Parts) { p.Channels = []supervisor.ChannelPart{channel} }, []supervisor.ProbePart{
			made(observing("same", "dep_down:same", sick), "a"), made(observing("gone", "dep_down:gone", sick), "b"),
			made(observing("other", "dep_down:other", sick), "c"),
		})
		time.Sleep(4*tick + tick/2)
		r.reload(t, supervisor.Change{Settings: policies(time.Hour), Channels: []supervisor.ChannelPart{channel}, Probes: []supervisor.ProbePart{
			made(observing("same", "dep_down:same", always(messages.OK)), "a"), made(observing("other", "dep_down:other", sick), "c2"),
			made(observing("new", "dep_down:new", always(messages.OK)), "d"),
		}}, supervisor.Changed{Added: []string{"new"}, Removed: []string{"gone"}, Replaced: []string{"other"}})
		synctest.Wait()
		if n := len(r.counted.reported("new")); n != 1 {
			t.Errorf("the new probe reported %d times, want once", n)
		}
		time.Sleep(4 * tick)
		onTime(t, "the unchanged probe", r.counted.reported("same"), r.start, 0, 9)
		told := phone.lines()
		slices.Sort(told)
		if want := []string{"ALERT dep_down:gone", "ALERT dep_down:other", "ALERT dep_down:same", "RECOVERED dep_down:gone"}; !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
}

// A reloaded policy applies to known signals too.
func TestAReloadedPolicyAppliesToKnownSignals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		phone := &chat{name: "telegram"}
		channels := []supervisor.ChannelPart{{Channel: phone, Spec: "chat"}}
		probes := []supervisor.ProbePart{made(observing("db", "dep_down:db", always(messages.Critical)), "a")}
		r := runWith(func(p *supervisor.Parts) { p.Channels = channels }, probes)
		time.Sleep(10 * time.Minute) // the cooldown is an hour
		r.reload(t, supervisor.Change{Settings: policies(11 * time.Minute), Probes: probes, Channels: channels}, supervisor.Changed{})
		time.Sleep(2 * time.Minute)
		if want := []string{"ALERT dep_down:db", "STILL dep_down:db"}; !slices.Equal(phone.lines(), want) {
			t.Errorf("told %q, want %q", phone.lines(), want)
		}
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
}

// A channel with other settings, such as a new token, tells the pending news of the former one. A new
// channel is told later news, and a removed one delays nothing.
func TestAReloadedChannelTellsPendingNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old := &chat{name: "telegram", send: func(int) error { return errors.New("401 Unauthorized") }}
		away := &chat{name: "pager", send: func(int) error { return errors.New("no route") }}
		renewed, second := &chat{name: "telegram"}, &chat{name: "telegram:2"}
		probes := []supervisor.ProbePart{made(observing("db", "dep_down:db", always(messages.Critical)), "a")}
		r := runWith(func(p *supervisor.Parts) {
			p.Channels = []supervisor.ChannelPart{{Channel: old, Spec: "old token"}, {Channel: away, Spec: 1}}
		}, probes)
		time.Sleep(time.Minute)
		r.reload(t, supervisor.Change{Settings: policies(time.Hour), Probes: probes, Channels: []supervisor.ChannelPart{
			{Channel: renewed, Spec: "new token"}, {Channel: second, Spec: 2},
		}}, supervisor.Changed{Added: []string{"telegram:2"}, Removed: []string{"pager"}, Replaced: []string{"telegram"}})
		time.Sleep(time.Minute)
		if got := renewed.lines(); len(got) != 1 || got[0] != "ALERT dep_down:db" {
			t.Errorf("the renewed channel told %q", got)
		}
		time.Sleep(time.Hour)
		if got := second.lines(); !slices.Contains(got, "ALERT dep_down:db") { // a reminder, told as ALERT since the channel does not know the trouble
			t.Errorf("the new channel told %q", got)
		}
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
}

// Each piece of news is told once, even with a reload every seven seconds.
func TestReloadsUnderLoadLoseAndDoubleNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		phone := &chat{name: "telegram"}
		swings := func(every time.Duration) func(time.Duration) messages.Level {
			return func(d time.Duration) messages.Level {
				if int(d/every)%2 == 1 {
					return messages.Critical
				}
				return messages.OK
			}
		}
		probes := func(spec int) []supervisor.ProbePart {
			return []supervisor.ProbePart{
				made(observing("steady", "dep_down:steady", swings(40*time.Minute)), "same"),
				made(part("touched", probe.Func(func(context.Context) (probe.Reading, error) {
					return probe.Reading{Observations: []messages.Observation{{Signal: "dep_down:touched", Level: messages.Critical}}}, nil
				})), spec),
			}
		}
		channels := func(spec int) []supervisor.ChannelPart {
			return []supervisor.ChannelPart{{Channel: phone, Spec: spec}}
		}
		r := runWith(func(p *supervisor.Parts) { p.Channels = channels(0) }, probes(0))
		var n atomic.Int64
		for range 1000 {
			time.Sleep(7 * time.Second)
			spec := int(n.Add(1))
			if _, err := r.tree.Reload(t.Context(), supervisor.Change{Settings: policies(0), Probes: probes(spec), Channels: channels(spec)}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute)
		told := phone.lines()
		slices.Sort(told)
		if want := []string{"ALERT dep_down:steady", "ALERT dep_down:touched", "RECOVERED dep_down:steady"}; !slices.Equal(slices.Compact(slices.Clone(told)), want) || len(told) > 4 {
			t.Errorf("told %q, want %q, each once for each change", told, want)
		}
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
}

// A reload of a tree that has ended returns when its context ends.
func TestAReloadAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(nil, notifier.Channel(&chat{name: "telegram"}))
		time.Sleep(tick)
		if err := r.stop(); err != nil {
			t.Error(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := r.tree.Reload(ctx, supervisor.Change{Settings: policies(0)}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

// A removed channel may send for as long as a stop allows. A stop during such a reload takes no
// longer than any stop.
func TestAStopDuringAReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		forever := make(chan struct{})
		hanging := &chat{name: "pager", send: func(int) error { <-forever; return nil }}
		probes := []supervisor.ProbePart{made(observing("db", "dep_down:db", always(messages.Critical)), "a")}
		r := runWith(func(p *supervisor.Parts) { p.Channels = []supervisor.ChannelPart{{Channel: hanging, Spec: 1}} }, probes)
		time.Sleep(tick + time.Second)
		go func() {
			_, _ = r.tree.Reload(t.Context(), supervisor.Change{Settings: policies(time.Hour), Probes: probes})
		}()
		time.Sleep(time.Second)
		before := time.Now()
		if err := r.stop(); err != nil {
			t.Error(err)
		}
		if took := time.Since(before); took > 9*time.Second {
			t.Errorf("the stop took %s", took)
		}
		close(forever)
		synctest.Wait()
	})
}

// A report that the core has not read is dropped with its probe. Read after the signals were retired,
// it would bring them back for good.
func TestAReportOfARemovedProbeIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until := make(chan struct{})
		gone := made(observing("gone", "dep_down:gone", always(messages.OK)), "a")
		r := run([]supervisor.ProbePart{gone})
		time.Sleep(tick - time.Second)
		r.tree.Hang(until) // so that the next report waits together with the roster
		time.Sleep(2 * time.Second)
		done := make(chan struct{})
		go func() {
			defer close(done)
			r.reload(t, supervisor.Change{Settings: policies(time.Hour)}, supervisor.Changed{Removed: []string{"gone"}})
		}()
		time.Sleep(time.Second)
		close(until)
		<-done
		time.Sleep(2 * tick)
		if _, known := r.tree.State().Last("dep_down:gone"); known {
			t.Error("a signal of a removed probe is back")
		}
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
}

// If a reload changes a channel's recipient, that recipient was told nothing yet. If only the token
// changes, the recipient was told the active troubles.
func TestANewRecipientWasToldNothing(t *testing.T) {
	for reach, told := range map[string]int{"bot in one": 1, "bot in another": 0} {
		synctest.Test(t, func(t *testing.T) {
			probes := []supervisor.ProbePart{made(observing("db", "dep_down:db", always(messages.Critical)), "a")}
			r := runWith(func(p *supervisor.Parts) {
				p.Channels = []supervisor.ChannelPart{{Channel: &chat{name: "telegram"}, Spec: 1, Recipient: "bot in one"}}
			}, probes)
			time.Sleep(time.Minute)
			r.reload(t, supervisor.Change{Settings: policies(time.Hour), Probes: probes, Channels: []supervisor.ChannelPart{
				{Channel: &chat{name: "telegram"}, Spec: 2, Recipient: reach},
			}}, supervisor.Changed{Replaced: []string{"telegram"}})
			time.Sleep(time.Second)
			if got := len(r.tree.State().Outbox("telegram").Active); got != told {
				t.Errorf("%s: %d alerts count as told, want %d", reach, got, told)
			}
			if err := r.stop(); err != nil {
				t.Error(err)
			}
		})
	}
}
