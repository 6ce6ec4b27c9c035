package check

import (
	"slices"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/actors/probe/orchestrator/rule"
	"orchestrator-watchdog/cmd/watchdog/internal/terminal"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor"
	"orchestrator-watchdog/supervisor/assembly"
)

func policies(t *testing.T) *core.Settings {
	t.Helper()
	s, err := assembly.Settings(settings(t, "signals: {\"dep_*\": {raise_ticks: 3, cooldown: 30m}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Explanations look like their golden files.
func TestExplanations(t *testing.T) {
	down := finding("dep_down:db", messages.Critical)
	down.Observation = down.WithValue(5.0003)
	down.Threshold, down.Detail = "5s", "no answer within 5s (tcp connect 1.2ms, then nothing for all of the time that there was)"
	docker := finding("docker_down", messages.Critical)
	stuck := finding("watchdog_probe:mount:/", messages.Warning)
	old := rule.Spec{Name: "old", Field: "queue.oldest_age_s", Raise: "> 15m", Clear: "< 10m", RaiseCritical: "> 1h", While: "queue.depth > 0"}
	for name, c := range map[string]struct {
		result *Result
		key    messages.Key
		well   bool
	}{
		"a dependency":          {&Result{Findings: []Finding{down}}, "dep_down:db", false},
		"an event":              {&Result{}, "host_oom", true},
		"behind docker_down":    {&Result{Findings: []Finding{docker}}, "container_down:web", false},
		"behind a stuck probe":  {&Result{Findings: []Finding{stuck}}, "host_inodes:/", false},
		"what is off":           {&Result{Notes: []Note{off("host_pressure", "there is none", "boot another kernel", "host_pressure")}}, "host_pressure:io", true},
		"a rule":                {scraped(t, `"queue":{"depth":2,"oldest_age_s":1200}`, old), "orch_rule:old", false},
		"a rule without field":  {scraped(t, `"queue":{"depth":2,"age":1200}`, old), "orch_rule:old", false},
		"a rule over a time":    {scraped(t, `"jobs":{"done_total":7}`, increase), "orch_rule:no_progress", true},
		"a default rule, off":   {scraped(t, `"queue":{"depth":2}`), "orch_rule:worker_heartbeat", true},
		"a default rule, waits": {scraped(t, `"jobs":{"failed_total":2}`), "orch_rule:failures", true},
	} {
		t.Run(name, func(t *testing.T) {
			e := c.result.Explain(c.key, policies(t))
			if e.Well() != c.well {
				t.Errorf("well is %t, want %t", e.Well(), c.well)
			}
			golden(t, "explain "+name, e.Text(terminal.Screen{}))
			if name == "a rule" || name == "an event" {
				golden(t, "explain "+name+" json", e.JSON())
			}
		})
	}
}

// The explanation of a rule after a failed scrape names the failure, and is not well.
func TestARuleOfAFailedScrape(t *testing.T) {
	r := scraped(t, `"a":}`, increase)
	e := r.Explain("orch_rule:no_progress", policies(t))
	if text := e.Text(terminal.Screen{}); e.Well() || !strings.Contains(text, "orch_down is critical: the orchestrator's /metrics: the answer") {
		t.Errorf("well is %t\n%s", e.Well(), text)
	}
}

// Only the probes that can observe a signal run.
func TestOnlyProbesOfTheSignalRun(t *testing.T) {
	parts := []supervisor.ProbePart{{Name: "orchestrator"}, {Name: "docker"}, {Name: "host"}, {Name: "dep:a"}, {Name: "dep:b"}}
	for key, want := range map[messages.Key]string{
		"orch_rule:x": "orchestrator", "dep_slow:b": "dep:b", "dep_down:c": "", "host_load": "orchestrator docker host dep:a dep:b", "watchdog_probe:dep:a": "orchestrator docker host dep:a dep:b",
	} {
		var names []string
		for _, p := range PartsFor(key, parts) {
			names = append(names, p.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: probes %q, want %q", key, got, want)
		}
	}
}

// A signal is known from the settings or from the pass; a typo is unknown.
func TestKnownSignals(t *testing.T) {
	c := settings(t, `
orchestrator: {url: "http://o:8000/metrics", rules: [{name: mine, field: a, raise: "> 1"}]}
dependencies: [{name: db, tcp: {addr: "db:5432"}}]
containers: {expect: [web]}
host: {mounts: ["data=/mnt/data"]}
`)
	parts, err := assembly.Probes(c, assembly.NewShared(time.Now))
	if err != nil {
		t.Fatal(err)
	}
	r := &Result{Findings: []Finding{finding("container_down:cache", messages.OK), finding("docker_down", messages.OK)}}
	keys := r.Keys(c, parts, []string{"log", "telegram"})
	if !slices.IsSorted(keys) {
		t.Errorf("not in order: %v", keys)
	}
	for key, want := range map[messages.Key]bool{
		"orch_down": true, "orch_rule:mine": true, "orch_rule:stuck": true, "orch_rule:other": false, "orch_rule": false,
		"dep_down:db": true, "dep_slow:db": true, "dep_down:web": false,
		"container_oom:cache": true, "container_missing:web": true, "container_down:db": false, "container_nap:web": false,
		"host_inodes:data": true, "host_inodes:/": false, "host_pressure:io": true, "host_pressure:disk": false, "host_oom": true,
		"watchdog_probe:dep:db": true, "watchdog_probe:db": false, "watchdog_delivery:telegram": true, "watchdog_core": true, "": false,
	} {
		if got := r.MayBe(key, keys); got != want {
			t.Errorf("%q may be: %t, want %t", key, got, want)
		}
	}
	r.Findings[1].Level = messages.Critical
	if !r.MayBe("container_down:db", keys) || r.MayBe("container_down", keys) || r.MayBe("dep_down:web", keys) {
		t.Error("while the engine does not answer, any container may exist, and nothing else")
	}
}
