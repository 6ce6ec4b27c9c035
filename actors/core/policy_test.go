package core

import (
	"slices"
	"testing"
	"time"

	"orchestrator-watchdog/messages"
)

// The last rule that sets a field wins. A field that no rule sets is the default.
func TestLaterEntriesWin(t *testing.T) {
	three, five, minute := uint16(3), uint16(5), time.Minute
	s := Settings{
		Defaults: Policy{Enabled: true, RaiseTicks: 2, ClearTicks: 2, Cooldown: time.Hour},
		Rules: []Rule{
			{Glob: "dep_*", From: "w.yaml:1", RaiseTicks: &three, Cooldown: &minute},
			{Glob: "dep_down:*", From: "w.yaml:2", RaiseTicks: &five},
			{Glob: "host_*", From: "w.yaml:3", ClearTicks: &five},
		},
	}
	p := s.PolicyOf("dep_down:db")
	if p.RaiseTicks != 5 || p.ClearTicks != 2 || p.Cooldown != time.Minute || !p.Enabled {
		t.Errorf("got %+v", p)
	}
	from := map[string]string{}
	for _, part := range s.Explain("dep_down:db") {
		from[part.Name] = part.Value + " from " + part.From
	}
	if from["raise_ticks"] != `5 from w.yaml:2: "dep_down:*"` || from["cooldown"] != `1m0s from w.yaml:1: "dep_*"` || from["clear_ticks"] != "2 from default" {
		t.Errorf("got %v", from)
	}
}

// Rules by which signals inhibit each other are an error: neither would ever be told.
func TestSignalsMustNotInhibitEachOther(t *testing.T) {
	s := Settings{Rules: append(BuiltinRules(), Rule{Glob: "docker_down", From: "w.yaml:1", InhibitedBy: &[]string{"container_down:proxy"}})}
	if errs := s.Validate(nil); len(errs) == 0 {
		t.Error("no error, though docker_down and container_down:proxy inhibit each other")
	}
	s = Settings{Rules: BuiltinRules()}
	if errs := s.Validate(nil); len(errs) != 0 {
		t.Errorf("the built-in rules: %v", errs)
	}
}

// A glob that no signal can match is reported, since it may be a typing error.
func TestAGlobThatFitsNothingIsNamed(t *testing.T) {
	instances := map[string][]string{"dep_down": {"db"}, "dep_slow": {"db"}, "dep_cert": {"db"}}
	for glob, want := range map[string]bool{
		"dep_*": true, "dpe_*": false, "*": true, "orch_down": true, "dep_down": false, "dep_down:db": true, "dep_down:bd": false,
		"dep_*:db": true, "container_down:anything": true, "*:db": true, "host_pressure:io": true, "watchdog_*": true,
	} {
		s := Settings{Rules: []Rule{{Glob: glob}}}
		if got := len(s.Unmatched(instances)) == 0; got != want {
			t.Errorf("%s: matches a signal: %t, want %t", glob, got, want)
		}
	}
}

// A window is part of the policy of the signals that it covers, and of no other.
func TestAWindowCoversItsSignals(t *testing.T) {
	w := &Window{Signals: "dep_*:gitea", Start: 2 * time.Hour, For: time.Hour, Zone: time.UTC}
	s := Settings{Windows: []*Window{w}}
	if !slices.Contains(s.PolicyOf("dep_down:gitea").Windows, w) || len(s.PolicyOf("dep_down:db").Windows) != 0 {
		t.Error("the window covers dep_*:gitea alone")
	}
}

// Reading any snapshot returns an error or a state that works.
func FuzzRestore(f *testing.F) {
	settings := &Settings{Tick: time.Second, Defaults: Policy{Enabled: true, RaiseTicks: 1, ClearTicks: 1}}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := New(settings, now)
	s, _ = Step(s, messages.Roster{At: now, Probes: []string{"p"}, Channels: []string{"log"}})
	s, _ = Step(s, messages.Report{Probe: "p", At: now, Observations: []messages.Observation{{Signal: "dep_down:db", Level: messages.Critical}}})
	data, err := s.Snapshot()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"version":1,"signals":[{"key":"a","hard":9}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Restore(data, settings, now)
		if err != nil {
			return
		}
		s, _ = Step(s, messages.Tick{At: now})
		s, _ = Step(s, messages.Report{Probe: "p", At: now, Complete: true})
		if _, err := s.Snapshot(); err != nil {
			t.Errorf("the restored state can't be encoded: %v", err)
		}
	})
}
