package core

import (
	"fmt"
	"testing"
	"time"

	"orchestrator-watchdog/messages"
)

func benchSettings() *Settings {
	return &Settings{
		Tick: 15 * time.Second, Rules: BuiltinRules(),
		Defaults: Policy{Enabled: true, RaiseTicks: 2, ClearTicks: 2, Cooldown: time.Hour, Flapping: DefaultFlapping},
	}
}

// One observation and its decision. Only a change of the hard level allocates.
func BenchmarkDecide(b *testing.B) {
	p := benchSettings().PolicyOf("dep_down:db")
	levels := [2]messages.Level{messages.OK, messages.Critical}
	var s Signal
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s, _ = Decide(Observe(s, levels[i/8%2], origin, p), origin, p, Unsuppressed)
	}
}

// A report of 1,000 unchanged observations. Its cost does not depend on the number of known
// signals.
func BenchmarkStepUnchanged(b *testing.B) {
	for _, known := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("known=%d", known), func(b *testing.B) {
			s := New(benchSettings(), origin)
			for probe := range known / 1000 {
				for range 3 { // until the debounce is through
					s, _ = Step(s, benchReport(probe))
				}
			}
			r := benchReport(0)
			b.ReportAllocs()
			for b.Loop() {
				s, _ = Step(s, r)
			}
		})
	}
}

func benchReport(probe int) messages.Report {
	r := messages.Report{Probe: fmt.Sprint(probe), At: origin, Complete: true}
	for i := range 1000 {
		r.Observations = append(r.Observations, messages.Observation{Signal: messages.Key(fmt.Sprintf("container_down:%d-%d", probe, i)), Detail: "running"})
	}
	return r
}
