package check

import (
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/messages"
)

func finding(key messages.Key, level messages.Level) Finding {
	return Finding{Observation: messages.Observation{Signal: key, Level: level, Detail: "as seen"}}
}

// Unknown is not well; pending is.
func TestWhatIsWell(t *testing.T) {
	for level, want := range map[messages.Level]bool{messages.OK: true, messages.Unknown: false, messages.Warning: false, messages.Critical: false} {
		r := Result{Findings: []Finding{finding("a", messages.OK), finding("b", level)}}
		if r.Well() != want {
			t.Errorf("%s: well is %t, want %t", level, r.Well(), want)
		}
	}
	waits, judged := finding("a", messages.Unknown), finding("b", messages.Warning)
	waits.Expected, judged.Expected = true, true
	if !(&Result{Findings: []Finding{waits}}).Well() || (&Result{Findings: []Finding{judged}}).Well() || !(&Result{}).Well() {
		t.Error("want: a pending rule is well, a judged one by its level, and an empty result is well")
	}
}

// The most severe findings come first; within a level, keys are sorted.
func TestTheMostSevereComesFirst(t *testing.T) {
	waits := finding("waits", messages.Unknown)
	waits.Expected = true
	r := Result{Findings: []Finding{finding("z", messages.OK), waits, finding("u", messages.Unknown), finding("b", messages.Critical), finding("w", messages.Warning), finding("a", messages.Critical)}}
	r.sort()
	if got := shown(&r); got != "critical a, critical b, warning w, unknown u, pending waits, ok z" {
		t.Errorf("got %s", got)
	}
}

// Policies apply as in the daemon: a severity replaces that of the reading, and a disabled signal is
// a note that says where it was disabled.
func TestPoliciesApply(t *testing.T) {
	no, critical := false, messages.Critical
	s := &core.Settings{Defaults: core.Policy{Enabled: true}, Rules: []core.Rule{
		{Glob: "container_unhealthy:flaky", Enabled: &no, From: "watchdog.yaml:7:3"}, {Glob: "dep_slow:*", Severity: &critical},
	}}
	r := Result{Findings: []Finding{finding("container_unhealthy:flaky", messages.Warning), finding("dep_slow:a", messages.Warning), finding("dep_slow:b", messages.OK)}}
	r.Apply(s)
	if got := shown(&r); got != "critical dep_slow:a, ok dep_slow:b" {
		t.Errorf("got %s", got)
	}
	if len(r.Notes) != 1 || !strings.Contains(r.Notes[0].Text, `container_unhealthy:flaky: off, as its policy has enabled: false (watchdog.yaml:7:3: "container_unhealthy:flaky")`) {
		t.Errorf("notes %q", r.Notes)
	}
}

// Durations are formatted as in settings.
func TestBrief(t *testing.T) {
	for d, want := range map[time.Duration]string{
		15 * time.Minute: "15m", time.Hour: "1h", 90 * time.Minute: "1h30m", 90 * time.Second: "1m30s", 30 * time.Second: "30s", 300 * time.Millisecond: "300ms", 20 * time.Minute: "20m", 10 * time.Hour: "10h", 0: "0s",
	} {
		if got := brief(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}
