package supervisor_test

import (
	"context"
	"fmt"
	"io"
	"math"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/actors/history"
	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/mailbox"
	"orchestrator-watchdog/supervisor"
)

// A watchdog whose world is the same each day holds no more after three days than after one, when
// its history is full: no more goroutines, and no more than 2 % more of the heap.
func TestAWatchdogDoesNotGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := held()
		stop := runSteady(t)
		time.Sleep(24*time.Hour + time.Second) // between two readings
		synctest.Wait()
		first, goroutines := held()-before, runtime.NumGoroutine()
		time.Sleep(48 * time.Hour)
		synctest.Wait()
		last := held() - before
		t.Logf("%d goroutines; %d KiB of heap after a day, %d KiB after three", goroutines, first/1024, last/1024)
		if n := runtime.NumGoroutine(); n != goroutines {
			t.Errorf("%d goroutines after a day, %d after three", goroutines, n)
		}
		if last > first+first/50 {
			t.Errorf("%d bytes of heap after a day, %d after three: that is more than 2 %% more", first, last)
		}
		stop()
	})
}

// held is what the heap holds, in bytes.
func held() int64 {
	var m runtime.MemStats
	for range 3 { // what a pool gives up, and what has a finalizer, takes more than one
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// runSteady runs a whole tree, with its history and a state that is kept, in a world of which each
// day is as the last, by readings of every minute, which is what the history knows. Something is wrong all the time, something for an hour a day.
func runSteady(t *testing.T) (stop func()) {
	remembers := history.NewStore(24 * time.Hour)
	reports := mailbox.NewQueue[messages.Report](1000)
	log := zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(io.Discard), zapcore.InfoLevel))
	var probes []supervisor.ProbePart
	for i := range 10 {
		probes = append(probes, steady(fmt.Sprintf("dep%d", i), []messages.Key{messages.NewKey("dep_down", fmt.Sprint(i))}))
	}
	var containers []messages.Key
	for i := range 20 {
		containers = append(containers, messages.NewKey("container_down", fmt.Sprint(i)), messages.NewKey("container_memory", fmt.Sprint(i)))
	}
	probes = append(probes, steady("docker", append(containers, "docker_down")), steady("host", []messages.Key{"host_memory", "host_load", "host_disk:/"}))
	tree := supervisor.New(supervisor.Parts{
		Tick: time.Minute, Log: log, Metrics: noMetrics{}, Now: time.Now, Probes: probes,
		Channels: []supervisor.ChannelPart{{Channel: forgetful{"telegram"}, Paced: true}, {Channel: forgetful{"log"}}},
		Services: func(*supervisor.Tree) []supervisor.Service {
			return []supervisor.Service{history.New(history.Options{Store: remembers, Reports: reports.C(), Log: log})}
		},
		OnReport: func(r messages.Report) { reports.Offer(r) },
		SaveState: func(s core.State) bool {
			_, err := s.Snapshot()
			return err == nil
		},
		Settings: &core.Settings{
			Tick: time.Minute, GroupWait: time.Second, Rules: core.BuiltinRules(), Observed: core.LogAll,
			Defaults: core.Policy{Enabled: true, RaiseTicks: 2, ClearTicks: 2, Cooldown: time.Hour, Flapping: core.DefaultFlapping},
		},
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- tree.Run(ctx) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// steady is a probe whose values follow the time of day.
func steady(name string, keys []messages.Key) supervisor.ProbePart {
	observe := func(context.Context) (probe.Reading, error) {
		now := time.Now()
		ofDay := now.Sub(now.Truncate(24 * time.Hour))
		var all probe.Reading
		for i, key := range keys {
			level := messages.OK
			if key == "dep_down:1" || key == "container_down:2" && ofDay.Hours() < 1 {
				level = messages.Critical
			}
			value := 50 + 40*math.Sin(ofDay.Hours()+float64(i))
			all.Observations = append(all.Observations, messages.Observation{Signal: key, Level: level, Detail: fmt.Sprintf("%.1f", value)}.WithValue(value))
		}
		return all, nil
	}
	return supervisor.ProbePart{Name: name, Probe: probe.Func(observe), Interval: time.Minute, Deadline: 5 * time.Second}
}

// forgetful is a channel that arrives always and keeps nothing.
type forgetful struct{ name string }

func (f forgetful) Name() string { return f.name }

func (forgetful) Send(context.Context, notifier.Batch) (notifier.Sent, error) {
	return notifier.Sent{MessageID: 1}, nil
}

// noMetrics count nothing.
type noMetrics struct{}

func (noMetrics) ActorPanicked(string)                      {}
func (noMetrics) ActorRestarted(string)                     {}
func (noMetrics) ProbeReported(string, time.Duration, bool) {}
func (noMetrics) ProbeRemoved(string)                       {}
func (noMetrics) Ticked(time.Time)                          {}
func (noMetrics) Notified(string, string)                   {}
func (noMetrics) ChannelAdded(string)                       {}
