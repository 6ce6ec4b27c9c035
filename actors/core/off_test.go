package core

import (
	"testing"
	"time"

	"orchestrator-watchdog/messages"
)

// A signal that its probe reports as off stays, without data. An unknown one is not created.
// Once the probe does not report it as off, it is gone.
func TestASignalThatIsOffIsNotGone(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := New(&Settings{Tick: 15 * time.Second, Defaults: Policy{Enabled: true, RaiseTicks: 1, ClearTicks: 1, Flapping: DefaultFlapping}}, now)
	report := func(r messages.Report) map[messages.Key]SignalView {
		now = now.Add(15 * time.Second)
		r.Probe, r.At, r.Complete = "host", now, true
		s, _ = Step(s, r)
		all := make(map[messages.Key]SignalView)
		for _, v := range s.Signals() {
			all[v.Key] = v
		}
		return all
	}
	report(messages.Report{Observations: []messages.Observation{
		{Signal: "host_memory", Level: messages.Warning}, {Signal: "host_pressure:io", Level: messages.Warning}, {Signal: "host_load", Level: messages.Warning},
	}})
	off := []messages.Off{{Signals: []string{"host_memory", "host_fds"}, Why: "permission denied"}, {Signals: []string{"host_pressure"}, Why: "no PSI"}}
	all := report(messages.Report{Off: off})
	for key, why := range map[messages.Key]string{"host_memory": "permission denied", "host_pressure:io": "no PSI"} {
		if v := all[key]; v.Level != messages.Unknown || v.Announced != messages.Warning || v.Detail != why {
			t.Errorf("%s: %+v; want it without data, and announced as warning", key, v)
		}
	}
	if len(all) != 2 {
		t.Errorf("%v; want only the two known signals that are off", all)
	}
	if all = report(messages.Report{}); len(all) != 0 {
		t.Errorf("%v; want no signals once none is off", all)
	}
}
