package core

import (
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/messages"
)

// blindness plays readings of one signal, a tick of 15 s apart, and gives the level of
// watchdog_blind at the end.
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

// A signal that was judged and has no data for 15 minutes makes watchdog_blind rise, which
// names it; with data again it is over.
func TestWhatIsNotJudgedAnyMoreIsSaid(t *testing.T) {
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

// No data that is right, and what never had any, is not worth a word.
func TestWhatIsRightlyNotJudgedIsNotBlindness(t *testing.T) {
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

// A restart and a gap in our own running forget nothing: what was well before it, and has no
// data after it, is told too, 15 minutes on.
func TestBlindnessIsSaidAcrossARestart(t *testing.T) {
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
