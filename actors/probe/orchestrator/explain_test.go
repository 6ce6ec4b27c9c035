package orchestrator

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/probe/orchestrator/rule"
	"orchestrator-watchdog/messages"
)

// explained formats an explanation as the check command does.
func explained(p *Probe, name string) string {
	var b strings.Builder
	fmt.Fprintln(&b, messages.NewKey("orch_rule", name))
	for _, s := range p.Explain(name) {
		fmt.Fprintf(&b, "  %-15s %s\n", s.Name, s.Text)
	}
	return b.String()
}

// Explain gives the steps of the last judgement: field, window, comparisons, level.
func TestExplain(t *testing.T) {
	w := watch(t, true,
		rule.Spec{Name: "done", Field: "jobs.done_total", Of: "increase", Over: "1m", Raise: "== 0", While: "queue.depth > 0"},
		rule.Spec{Name: "old", Field: "queue.oldest_age_s", Raise: "> 15m", Clear: "< 10m", RaiseCritical: "> 1h"},
	)
	if got := explained(w.Probe, "old"); !strings.Contains(got, "was not judged yet") {
		t.Errorf("before the first reading: %s", got)
	}
	for range 5 {
		w.answer(`"jobs":{"done_total":7},"queue":{"depth":2,"oldest_age_s":1200}`)
		w.now = w.now.Add(15 * time.Second)
	}
	for _, c := range []struct{ rule, want string }{
		{"done", `orch_rule:done
  answer          JSON
  field           jobs.done_total is 7, a number
  while           queue.depth > 0: 2, holds
  window          5 points over 1m0s of 1m0s
                  12:00:00Z  it begins
                  12:00:15Z  rose by 0, fell by 0
                  12:00:30Z  rose by 0, fell by 0
                  12:00:45Z  rose by 0, fell by 0
                  12:01:00Z  rose by 0, fell by 0
  increase        0
  raise           0 == 0: holds
  clear           none set: when raise does not hold
  level           warning: increase of jobs.done_total over 1m0s is 0
`},
		{"old", `orch_rule:old
  answer          JSON
  field           queue.oldest_age_s is 1200, a number
  raise_critical  20m0s > 1h: does not hold
  raise           20m0s > 15m: holds
  clear           20m0s < 10m: does not hold
  level           warning: queue.oldest_age_s is 20m0s
`},
		{"restarted", `orch_rule:restarted
  answer          JSON
  field           uptime_s is not in the answer
  level           unknown: the envelope has no uptime_s, so this default rule is off
`},
		{"other", `orch_rule:other
                  there is no rule "other"; the rules are: done, old, stuck, queue_not_falling, oldest_job, failures, worker_heartbeat, restarted
`},
	} {
		if got := explained(w.Probe, c.rule); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.rule, got, c.want)
		}
	}
	o := options("http://no..name/")
	o.DefaultRules = true
	p := New(o)
	if _, err := p.Observe(t.Context()); err == nil || !strings.Contains(explained(p, "stuck"), "the last scrape failed") {
		t.Errorf("after a failed scrape: %v, %s", err, explained(p, "stuck"))
	}
}

// After KeepAnswer, Explain says where a field was found, or what is there instead.
func TestExplainSaysHowAFieldWasFound(t *testing.T) {
	const json = `{"schema_version":1,"queue":{"depth":2,"oldest_age_s":5},"queues":[{"depth":1}],"state":"up"}`
	const text = "# TYPE pool gauge\npool{name=\"a\"} 1\npool{name=\"b\"} 2\npools 3\n{\"utf8.name\",a=\"b\"} 9\n"
	for _, c := range []struct{ body, field, want string }{
		{json, "queue.depth", "found by the path queue (an object), depth (a number)"},
		{json, "queues.0.depth", "found by the path queues (a list), 0 (an object), depth (a number)"},
		{json, "queue.oldest", `queue is an object that has no "oldest"; it has depth, oldest_age_s`},
		{json, "jobs.done", `the answer is an object that has no "jobs"; it has queue, queues, schema_version, state`},
		{json, "queues.4.depth", `queues is a list of 1 element, and "4" is none of them`},
		{json, "state.now", "state is a string, and nothing is below it"},
		{text, `pool{name="a"}`, "found by its name among 2 samples:\n                  pool{name=\"a\"}\n                  pool{name=\"b\"}\n"},
		{text, `poole`, "no sample is named poole; the names most like it: pool, pools"},
		{text, `{"utf8.name"}`, `found by its name among 1 sample:`},
	} {
		w := watch(t, false, rule.Spec{Name: "r", Field: c.field, Raise: "> 100"})
		w.KeepAnswer()
		w.body(c.body)
		if got := explained(w.Probe, "r"); !strings.Contains(got, c.want) {
			t.Errorf("%s:\n%swant %q in it", c.field, got, c.want)
		}
	}
}

// An explanation shows only the last points of a long window, and a bounded list of names.
func TestAnExplanationIsBounded(t *testing.T) {
	w := watch(t, false, rule.Spec{Name: "r", Field: "a", Of: "increase", Over: "1h", Raise: "== 0", While: "b > 0"})
	w.KeepAnswer()
	var many []string
	for i := range 100 {
		many = append(many, fmt.Sprintf(`"%d%s":1`, i, strings.Repeat("x", 1000)))
	}
	for range 200 {
		w.answer(`"a":1,"b":1`)
		w.now = w.now.Add(15 * time.Second)
	}
	if got := explained(w.Probe, "r"); !strings.Contains(got, "… 192 earlier") || strings.Count(got, "rose by") != 8 {
		t.Errorf("got\n%s", got)
	}
	w.answer(strings.Join(many, ","))
	if got := explained(w.Probe, "r"); !strings.Contains(got, "and 93 more") || len(got) > 3000 {
		t.Errorf("got %d bytes\n%s", len(got), got)
	}
}

// Needs is set for rules, including default ones, that are unknown only because their window
// fills. It is not set for a rule whose field is missing.
func TestWhatARuleNeeds(t *testing.T) {
	w := watch(t, true,
		rule.Spec{Name: "more", Field: "a", Of: "increase", Over: "1m", Raise: "== 0"},
		rule.Spec{Name: "missing", Field: "z", Of: "increase", Over: "1m", Raise: "== 0"},
		rule.Spec{Name: "plain", Field: "a", Raise: "> 5"},
	)
	for i := range 5 {
		needs := make(map[messages.Key]time.Duration)
		for _, o := range w.answer(`"a":1,"jobs":{"failed_total":1}`).Observations {
			if o.Needs > 0 {
				needs[o.Signal] = o.Needs
			}
		}
		w.now = w.now.Add(15 * time.Second)
		want := map[messages.Key]time.Duration{"orch_rule:more": time.Minute, "orch_rule:failures": 15 * time.Minute}
		if i == 4 { // the window of 1 min is full
			delete(want, "orch_rule:more")
		}
		if !maps.Equal(needs, want) {
			t.Errorf("answer %d: %v, want %v", i, needs, want)
		}
	}
	if got := w.RuleKeys(); len(got) != 3+len(defaultSpecs) || got[0] != "orch_rule:more" {
		t.Errorf("rules %v", got)
	}
}
