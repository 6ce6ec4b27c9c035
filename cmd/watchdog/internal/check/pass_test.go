package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/actors/probe/orchestrator"
	"orchestrator-watchdog/actors/probe/orchestrator/rule"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor"
)

func nobody([]string, time.Duration) {}

// part makes a probe from a function.
func part(name string, deadline time.Duration, observe probe.Func) supervisor.ProbePart {
	return supervisor.ProbePart{Name: name, Deadline: deadline, Probe: observe}
}

// sees is a probe that returns one signal at once.
func sees(name string, key messages.Key, level messages.Level) supervisor.ProbePart {
	return part(name, time.Second, func(context.Context) (probe.Reading, error) {
		return probe.Reading{Observations: []messages.Observation{{Signal: key, Level: level, Detail: "as seen"}}}, nil
	})
}

// hangs is a probe that ignores its context until the channel is closed.
func hangs(name string, deadline time.Duration, until <-chan struct{}) supervisor.ProbePart {
	return part(name, deadline, func(context.Context) (probe.Reading, error) {
		<-until
		return probe.Reading{Observations: []messages.Observation{{Signal: "host_load"}}}, nil
	})
}

// shown lists the findings of a result in order, as "level key".
func shown(r *Result) string {
	var all []string
	for i := range r.Findings {
		all = append(all, r.Findings[i].state()+" "+string(r.Findings[i].Signal))
	}
	return strings.Join(all, ", ")
}

// A pass ends within the longest deadline plus a second, even if a thousand probes ignore their
// context. The other readings count, and every probe that hangs is a finding.
func TestAPassEndsWhateverHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		parts := []supervisor.ProbePart{
			sees("well", "orch_down", messages.OK),
			part("slow", 5*time.Second, func(ctx context.Context) (probe.Reading, error) {
				<-ctx.Done()
				return probe.Reading{Observations: []messages.Observation{{Signal: "dep_down:slow", Level: messages.Critical}}}, ctx.Err()
			}),
		}
		for i := range 1000 {
			parts = append(parts, hangs(fmt.Sprintf("mount:%04d", i), 5*time.Second, release))
		}
		began := time.Now()
		r := Run(t.Context(), parts, nobody)
		if took := time.Since(began); took > 6*time.Second {
			t.Errorf("it took %s, want at most 6s", took)
		}
		if len(r.Findings) != 1002 || shown(&Result{Findings: r.Findings[:2]}) != "critical dep_down:slow, warning watchdog_probe:mount:0000" || r.Findings[1001].Signal != "orch_down" {
			t.Errorf("%d findings: %.200s", len(r.Findings), shown(r))
		}
		if d := r.Findings[1].Detail; d != "the reading did not return within 5s; nothing is known about its signals" {
			t.Errorf("detail %q", d)
		}
		close(release)
	})
}

// A pass waits for a probe that hangs only until its own deadline.
func TestEachProbeHasItsOwnDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		began := time.Now()
		Run(t.Context(), []supervisor.ProbePart{hangs("a", time.Second, release), sees("b", "orch_down", messages.OK)}, nobody)
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("it took %s, want at most 2s", took)
		}
		close(release)
	})
}

// A reading that returns too late is ignored.
func TestAReadingThatComesTooLateIsLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		time.AfterFunc(3*time.Second, func() { close(release) })
		r := Run(t.Context(), []supervisor.ProbePart{hangs("late", time.Second, release), part("long", 5*time.Second, func(context.Context) (probe.Reading, error) {
			time.Sleep(4 * time.Second)
			return probe.Reading{}, nil
		})}, nobody)
		if shown(r) != "warning watchdog_probe:late" {
			t.Errorf("got %s", shown(r))
		}
	})
}

// A probe that panics is a finding, and disturbs no other.
func TestAProbeThatPanicsIsTold(t *testing.T) {
	r := Run(t.Context(), []supervisor.ProbePart{
		part("bad", time.Second, func(context.Context) (probe.Reading, error) { panic("a nil map") }), sees("good", "orch_down", messages.OK),
	}, nobody)
	if shown(r) != "warning watchdog_probe:bad, ok orch_down" || !strings.Contains(r.Findings[0].Detail, "panicked: a nil map") || r.Well() {
		t.Errorf("got %s, %q", shown(r), r.Findings[0].Detail)
	}
}

// A failed reading shows as the signal that stands for the failure, or as unknown of the probe.
func TestAReadingThatFailsShows(t *testing.T) {
	for _, c := range []struct {
		observed []messages.Observation
		want     string
	}{
		{nil, "unknown watchdog_probe:p"},
		{[]messages.Observation{{Signal: "orch_down", Level: messages.Critical}}, "critical orch_down"},
		{[]messages.Observation{{Signal: "dep_down:a", Level: messages.Critical}, {Signal: "dep_cert:a"}}, "critical dep_down:a, ok dep_cert:a"},
		{[]messages.Observation{{Signal: "docker_down"}, {Signal: "container_down:a", Level: messages.Critical}},
			"critical container_down:a, unknown watchdog_probe:p, ok docker_down"},
		{[]messages.Observation{{Signal: "host_memory", Level: messages.Warning}}, "warning host_memory, unknown watchdog_probe:p"},
	} {
		r := Run(t.Context(), []supervisor.ProbePart{part("p", time.Second, func(context.Context) (probe.Reading, error) {
			return probe.Reading{Observations: c.observed}, errors.New("reading /proc: it failed")
		})}, nobody)
		if shown(r) != c.want {
			t.Errorf("got %s, want %s", shown(r), c.want)
		}
	}
}

// A probe that uses the readings of others runs after them.
func TestWhatLooksAtTheOthersComesBehindThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		done := false
		behind := part("clock", time.Second, func(context.Context) (probe.Reading, error) {
			if !done {
				t.Error("it ran before the others had returned")
			}
			return probe.Reading{}, nil
		})
		behind.AfterOthers = true
		Run(t.Context(), []supervisor.ProbePart{behind, part("peer", time.Second, func(context.Context) (probe.Reading, error) {
			time.Sleep(time.Second / 2)
			done = true
			return probe.Reading{}, nil
		})}, nobody)
	})
}

// Failing witnesses count only while a target fails too, as in the daemon.
func TestWitnessesCountBesideAFailingTarget(t *testing.T) {
	witness := sees("witness", "watchdog_offline", messages.Warning)
	witness.Witness = true
	for level, want := range map[messages.Level]string{
		messages.OK:       "ok dep_down:a, ok watchdog_offline",
		messages.Critical: "critical dep_down:a, warning watchdog_offline",
	} {
		r := Run(t.Context(), []supervisor.ProbePart{witness, sees("dep:a", "dep_down:a", level)}, nobody)
		if shown(r) != want {
			t.Errorf("got %s, want %s", shown(r), want)
		}
	}
}

// A pass reports the names of the probes that it waits for.
func TestWaitingNamesTheProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		slow := func(name string, takes time.Duration) supervisor.ProbePart {
			return part(name, 5*time.Second, func(context.Context) (probe.Reading, error) {
				time.Sleep(takes)
				return probe.Reading{}, nil
			})
		}
		Run(t.Context(), []supervisor.ProbePart{slow("b", 2050*time.Millisecond), slow("a", 1050*time.Millisecond)}, func(probes []string, took time.Duration) {
			if took%time.Second == 0 {
				told = append(told, fmt.Sprintf("%s %v", took, probes))
			}
		})
		if want := []string{"1s [b a]", "2s [b]"}; !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
	})
}

// scraped runs a pass over an orchestrator that answers with these fields.
func scraped(t *testing.T, fields string, specs ...rule.Spec) *Result {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"schema_version":1,`+fields+`}`)
	}))
	t.Cleanup(server.Close)
	var rules []rule.Rule
	for _, s := range specs {
		r, err := rule.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		rules = append(rules, r)
	}
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	p := orchestrator.New(orchestrator.Options{
		Settings: orchestrator.Settings{URL: server.URL, Timeout: 5 * time.Second, MaxBytes: 1 << 20, DefaultRules: true}, Rules: rules, Now: func() time.Time { return now },
	})
	p.KeepAnswer()
	return Run(t.Context(), []supervisor.ProbePart{{Name: "orchestrator", Deadline: 5 * time.Second, Probe: p}}, nobody)
}

var increase = rule.Spec{Name: "no_progress", Field: "jobs.done_total", Of: "increase", Over: "15m", Raise: "== 0"}

// A rule over a window is pending in a pass, with the window that it needs, and is no failure.
// So is a default rule.
func TestARuleOverAWindowIsPending(t *testing.T) {
	r := scraped(t, `"jobs":{"done_total":7,"failed_total":0}`, increase)
	if shown(r) != "pending orch_rule:failures, pending orch_rule:no_progress, ok orch_down" || !r.Well() {
		t.Errorf("got %s", shown(r))
	}
	if got, want := r.Findings[1].Detail, "needs a window of 15m, not judged in one pass; collecting: increase of jobs.done_total over 15m0s is 0, so far"; got != want {
		t.Errorf("detail %q, want %q", got, want)
	}
}

// A rule over a window whose field is missing or has another type is a failure, because no window
// can help. It is one finding.
func TestARuleThatNoWindowCanHelpIsAFailure(t *testing.T) {
	for _, fields := range []string{`"jobs":{}`, `"jobs":{"done_total":"many"}`} {
		r := scraped(t, fields, increase)
		if shown(r) != "unknown orch_rule:no_progress, ok orch_down" || r.Well() || len(r.Notes) != 1 || slices.Contains(r.Notes[0].Off, "orch_rule:no_progress") {
			t.Errorf("%s: got %s, notes %q", fields, shown(r), r.Notes)
		}
	}
}
