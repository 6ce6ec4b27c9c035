package core

import (
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/messages"
)

// blindness feeds the core readings of one signal, 15 s apart, and returns watchdog_blind at
// the end.
func blindness(t *testing.T, readings int, observe func(i int) messages.Observation) (SignalView, bool) {
	t.Helper()
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := New(&Settings{Tick: 15 * time.Second, Defaults: Policy{Enabled: true, RaiseTicks: 1, ClearTicks: 1, Flapping: DefaultFlapping}}, start)
	for i := range readings {
		at := start.Add(time.Duration(i) * 15 * time.Second)
		s, _ = Step(s, messages.Report{Probe: "db", At: at, Observations: []messages.Observation{observe(i)}})
		s, _ = Step(s, messages.Tick{At: at})
	}
	for _, v := range s.Signals() {
		if v.Key == blindSignal {
			return v, true
		}
	}
	return SignalView{}, false
}

// A signal that lacks data for 15 minutes after it had some raises watchdog_blind, which names
// it. Data clears it.
func TestMissingDataIsTold(t *testing.T) {
	lost := func(i int) messages.Observation {
		if i == 0 {
			return messages.Observation{Signal: "dep_down:db", Level: messages.OK}
		}
		return messages.Observation{Signal: "dep_down:db", Level: messages.Unknown, Detail: "permission denied"}
	}
	if v, ok := blindness(t, 60, lost); ok {
		t.Errorf("before 15 minutes: %+v", v)
	}
	v, _ := blindness(t, 62, lost)
	if v.Hard != messages.Warning || !strings.Contains(v.Detail, "dep_down:db") || !strings.Contains(v.Detail, "permission denied") {
		t.Errorf("after 15 minutes: %+v", v)
	}
	v, _ = blindness(t, 80, func(i int) messages.Observation {
		if i >= 70 {
			return messages.Observation{Signal: "dep_down:db", Level: messages.OK}
		}
		return lost(i)
	})
	if v.Hard != messages.OK {
		t.Errorf("with data again: %+v", v)
	}
}

// Data that is expected to be missing, or never was there, does not raise watchdog_blind.
func TestExpectedGapsAreNotTold(t *testing.T) {
	for name, observe := range map[string]func(i int) messages.Observation{
		"a window that fills": func(i int) messages.Observation {
			return messages.Observation{Signal: "orch_rule:x", Level: messages.Level(min(0, -min(i, 1))), Expected: i > 0}
		},
		"never judged": func(int) messages.Observation {
			return messages.Observation{Signal: "dep_down:db", Level: messages.Unknown}
		},
	} {
		if v, ok := blindness(t, 100, observe); ok {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

// A signal that had data before a restart or a gap in our own running, and lacks it for 15
// minutes after, is told too.
func TestMissingDataIsToldAfterARestart(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	settings := &Settings{Tick: 15 * time.Second, Defaults: Policy{Enabled: true, RaiseTicks: 1, ClearTicks: 1, Flapping: DefaultFlapping}}
	observe := func(s State, level messages.Level) State {
		s, _ = Step(s, messages.Report{Probe: "db", At: at, Observations: []messages.Observation{{Signal: "dep_down:db", Level: level, Detail: "permission denied"}}})
		s, _ = Step(s, messages.Tick{At: at})
		return s
	}
	s := observe(New(settings, at), messages.OK)
	snapshot, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	at = at.Add(time.Hour)
	restarted, err := Restore(snapshot, settings, at)
	if err != nil {
		t.Fatal(err)
	}
	for range 62 {
		s, restarted = observe(s, messages.Unknown), observe(restarted, messages.Unknown)
		at = at.Add(15 * time.Second)
	}
	for name, s := range map[string]State{"after a gap": s, "after a restart": restarted} {
		if last, _ := s.Last(blindSignal); last.Level != messages.Warning || !strings.Contains(last.Detail, "dep_down:db") {
			t.Errorf("%s: %+v", name, last)
		}
	}
}
