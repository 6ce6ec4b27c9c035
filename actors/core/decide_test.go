package core

import (
	"testing"
	"time"

	"orchestrator-watchdog/messages"
)

// A steady observation costs no allocation.
func BenchmarkDecide(b *testing.B) {
	settings := Settings{Tick: 15 * time.Second, Defaults: Policy{Enabled: true, RaiseTicks: 2, ClearTicks: 2, Cooldown: time.Hour}}
	p := settings.For("dep_down:db")
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	obs := [2]messages.Observation{{Signal: "dep_down:db", Level: messages.OK}, {Signal: "dep_down:db", Level: messages.Critical}}
	var s Signal
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s, _ = Decide(s, obs[i/8%2], now, p, Unsuppressed)
	}
}

// A report of 1,000 unchanged observations with 10,000 signals known.
func BenchmarkStepUnchanged(b *testing.B) {
	for _, known := range []int{1000, 10000, 100000} {
		b.Run(time.Duration(known).String(), func(b *testing.B) {
			at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			s := New(&Settings{Tick: 15 * time.Second, Defaults: Policy{Enabled: true, RaiseTicks: 2, ClearTicks: 2, Cooldown: time.Hour}, Rules: BuiltinRules(3)}, at)
			for i := 0; i < known; i += 1000 {
				r := messages.Report{Probe: "p" + time.Duration(i).String(), At: at, Complete: true}
				for j := range 1000 {
					r.Observations = append(r.Observations, messages.Observation{Signal: messages.NewKey("container_down", time.Duration(i+j).String()), Detail: "running"})
				}
				for range 3 {
					s, _ = Step(s, r)
				}
			}
			r := messages.Report{Probe: "p0s", At: at, Complete: true}
			for j := range 1000 {
				r.Observations = append(r.Observations, messages.Observation{Signal: messages.NewKey("container_down", time.Duration(j).String()), Detail: "running"})
			}
			b.ReportAllocs()
			for b.Loop() {
				s, _ = Step(s, r)
			}
		})
	}
}
