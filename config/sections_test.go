package config_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/probe/host"
	"orchestrator-watchdog/actors/probe/orchestrator"
	"orchestrator-watchdog/actors/probe/orchestrator/rule"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/messages"
)

// A rule is read with all its parts, and with defaults for missing ones.
func TestRules(t *testing.T) {
	c, _, err := yaml(`
orchestrator:
  default_rules: false
  rules:
    - {name: queue_stuck, field: queue.oldest_age_s, raise: "> 900", clear: "< 600", raise_critical: "> 3600", severity: warning, summary: look at the workers}
    - {name: no_progress, field: jobs.done_total, of: increase, over: 1d, raise: "== 0", while: "queue.length > 0"}
    - {name: gone, field: 'airflow_pool_open_slots{pool="default"}', of: absent}
`)
	if err != nil {
		t.Fatal(err)
	}
	want := []rule.Spec{
		{Name: "queue_stuck", Field: "queue.oldest_age_s", Raise: "> 900", Clear: "< 600", RaiseCritical: "> 3600", Severity: "warning", Summary: "look at the workers"},
		{Name: "no_progress", Field: "jobs.done_total", Of: "increase", Over: "1d", Raise: "== 0", While: "queue.length > 0"},
		{Name: "gone", Field: `airflow_pool_open_slots{pool="default"}`, Of: "absent"},
	}
	var got []rule.Spec
	for _, r := range c.Rules {
		got = append(got, r.(*rule.Rule).Spec)
	}
	if !reflect.DeepEqual(got, want) || config.Section[*orchestrator.Settings](c).DefaultRules {
		t.Errorf("got %+v", c.Rules)
	}
}

// Problems of a section are reported with their place.
func TestWrongSections(t *testing.T) {
	for text, want := range map[string]string{
		"orchestrator: {rules: [{field: a, raise: '> 1'}]}":                                             `orchestrator.rules[0]: rule "": name: it is empty`,
		"orchestrator: {rules: [{name: a, raise: '> 1'}]}":                                              `rule "a": field: it is empty`,
		"orchestrator: {rules: [{name: a, field: b}]}":                                                  "raise: it is missing",
		"orchestrator: {rules: [{name: a, field: b, of: decrease, raise: '> 1'}]}":                      "over: of: decrease needs a window",
		"orchestrator: {rules: [{name: a, field: b, of: sum, raise: '> 1'}]}":                           `rules[0]: rule "a": of: "sum" is none of`,
		"orchestrator: {rules: [{name: a, field: b, raise: '> 1'}, {name: a, field: b, raise: '> 1'}]}": `rules[1]: the rule "a" is listed twice`,
		"orchestrator: {rules: [{name: a, field: b, raise: '> 1', severity: fatal}]}":                   `"fatal" is neither warning nor critical`,
		"host: {memory: {raise: 101}}":                                                                  `host.memory.raise: "101" is not a percentage`,
		"host: {memory: {clear: 95}}":                                                                   "clear (95) is above raise (92)",
		"host: {memory: {raise: 98}}":                                                                   "raise_critical (97) is below raise (98)",
		"host: {clock: {raise_critical: 60}}":                                                           "the key raise_critical is not known here",
		"host: {load: {raise: 0}}":                                                                      `"0" is not more than 0`,
		"host: {disk_ceiling: {pct: 0}}":                                                                `host.disk_ceiling.pct: "0" is not a percentage`,
		"signals: {'dep *': {mute: true}}":                                                              `"dep *" matches no signal`,
		"signals: {'*': {raise_ticks: 0}}":                                                              `raise_ticks: "0" is not a whole number from 1`,
		"signals: {'*': {cooldown: -1m}}":                                                               `"-1m" is negative`,
		"signals: {'*': {severity: ok}}":                                                                `"ok" is neither warning nor critical`,
		"signals: {'*': {inhibited_by: ['a b']}}":                                                       `"a b" matches no signal`,
		"signals: [a]": "signals: this has to be a mapping",
		"maintenance: [{signals: '*', for: 30m}]":                                      "needs signals, start and for",
		"maintenance: [{signals: '*', start: '25:00', for: 30m}]":                      `start: "25:00" is not a time of day`,
		"maintenance: [{signals: '*', start: '01:00', for: 8d}]":                       `"8d" is longer than 7d`,
		"maintenance: [{signals: '*', start: '01:00', for: 1h, days: [mon, someday]}]": `/w.yaml:1:67: maintenance[0].days[1]: "someday" is not a day`,
		"maintenance: [{signals: '*', start: '01:00', for: 1h, zone: Europe/Nowhere}]": `/w.yaml:1:61: maintenance[0].zone: "Europe/Nowhere" is not a time zone`,
		"containers: {include: ['[a']}":                                                `"[a" is not a pattern`,
		"telegram: {chat_id: [@a, 1]}":                                                 "/w.yaml:1:22: this character can't begin anything here",
		"dependencies: &all [{name: a, tcp: {addr: 'a:1'}}]":                           "has to be a list",
		"tick: !!str 5s": "anchors, aliases and tags are not supported",
	} {
		_, _, err := yaml(text + "\n")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: no %q in: %v", text, want, err)
		}
	}
}

// Policies keep the order of the file, and parts that are not set are nil.
func TestPoliciesKeepTheirOrder(t *testing.T) {
	var text strings.Builder
	text.WriteString("signals:\n")
	var want []string
	for i := range 12 {
		glob := fmt.Sprintf("dep_down:%d", 99-i)
		want = append(want, glob)
		fmt.Fprintf(&text, "  %q: {cooldown: 0s, mute: false}\n", glob)
	}
	c, _, err := yaml(text.String())
	if err != nil {
		t.Fatal(err)
	}
	var got, listed []string
	for _, p := range c.Signals {
		got = append(got, p.Glob)
		if p.Cooldown == nil || *p.Cooldown != 0 || p.Mute == nil || p.RaiseTicks != nil || p.Enabled != nil || p.InhibitedBy != nil {
			t.Errorf("%s: %s", p.Glob, p)
		}
	}
	for _, s := range c.Effective() {
		if glob, ok := strings.CutPrefix(s.Name, "signals."); ok {
			listed = append(listed, glob)
		}
	}
	if !slices.Equal(got, want) || !slices.Equal(listed, want) {
		t.Errorf("got %q, listed %q, want %q", got, listed, want)
	}
}

// A window without zone and days is in UTC and on every day.
func TestWindows(t *testing.T) {
	c, _, err := yaml("maintenance:\n  - {signals: '*', start: 02:05, for: 1h}\n  - {signals: 'dep_*', start: '23:00', for: 2h, days: [Sun, wednesday], zone: Pacific/Auckland}\n")
	if err != nil {
		t.Fatal(err)
	}
	first, second := c.Maintenance[0], c.Maintenance[1]
	if first.Zone != time.UTC || first.Start != 2*time.Hour+5*time.Minute || first.Days != nil ||
		!slices.Equal(second.Days, []time.Weekday{time.Sunday, time.Wednesday}) || second.Zone.String() != "Pacific/Auckland" {
		t.Errorf("got %s and %s", first, second)
	}
}

// The shown default of a threshold is the one that the probes use.
func TestThresholdDefaultsAreThoseOfTheProbes(t *testing.T) {
	c, _, err := load(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]string{}
	for _, s := range c.Effective() {
		shown[s.Name] = s.Value
	}
	d := host.DefaultThresholds
	for name, of := range map[string]messages.Threshold{
		"memory": d["memory"], "load": d["load"], "pressure_cpu": d["pressure_cpu"], "pressure_memory": d["pressure_memory"],
		"pressure_io": d["pressure_io"], "fds": d["fds"], "inodes": host.DefaultInodes,
		"clock": messages.LimitOf("host_clock"),
	} {
		want := fmt.Sprintf("raise %g, clear %g", of.Raise, of.Clear)
		if of.RaiseCritical != 0 {
			want += fmt.Sprintf(", raise_critical %g", of.RaiseCritical)
		}
		if of.Clear >= of.Raise {
			t.Errorf("host.%s: %q has no hysteresis", name, want)
		}
		if !strings.HasPrefix(shown["host."+name], want+" ") {
			t.Errorf("host.%s: %q, want %q", name, shown["host."+name], want)
		}
	}
}

// A problem that is found after Load is reported with its place or its variable.
func TestLaterProblemsKnowTheirPlace(t *testing.T) {
	c, _, err := yaml("orchestrator:\n  url: http://a/\n  stale: 1m\n  rules:\n    - {name: a, field: b, raise: '> 1'}\n", "WATCHDOG_ORCH_URL=http://b/", "WATCHDOG_ORCH_TOKEN=hunter2")
	if err != nil {
		t.Fatal(err)
	}
	cause := errors.New("it is not hunter2")
	for path, want := range map[string]string{
		"orchestrator.rules[0].raise": "/w.yaml:5:34: orchestrator.rules[0].raise: it is not ***",
		"orchestrator.rules[0].clear": "/w.yaml:5:7: orchestrator.rules[0].clear: it is not ***",
		"orchestrator.stale":          "/w.yaml:3:10: orchestrator.stale: it is not ***",
		"orchestrator.url":            "WATCHDOG_ORCH_URL: it is not ***",
		"nowhere.at[1].all":           "nowhere.at[1].all: it is not ***",
	} {
		if got := c.Problem(path, cause).Error(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
