package orchestrator

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/actors/probe/orchestrator/rule"
	"orchestrator-watchdog/messages"
)

// A default rule without its field is off: its signal is unknown and names the field, and one note
// names all such rules. The note is no warning, since every field is optional.
func TestADefaultRuleIsOffWithoutItsField(t *testing.T) {
	for _, c := range []struct{ fields, rule, lacks string }{
		{`"queue_depth":3`, "stuck", "jobs.done_total and no queue.depth"},
		{`"queue_depth":3`, "queue_not_falling", "queue.depth"},
		{`"queue":{"depth":0}`, "stuck", "jobs.done_total"},
		{`"queue":{"depth":4},"jobs":null`, "failures", "jobs.failed_total"},
		{`"jobs":{"done_total":1}`, "stuck", "queue.depth"},
		{`"a":1`, "worker_heartbeat", "workers.oldest_heartbeat_at"},
	} {
		r := watch(t, true).answer(c.fields)
		o := find(r, messages.NewKey("orch_rule", c.rule))
		if o.Level != messages.Unknown || o.Expected || !strings.Contains(o.Detail, "has no "+c.lacks+", so this default rule is off") {
			t.Errorf("%s: %s is %s (expected: %t), %q", c.fields, c.rule, o.Level, o.Expected, o.Detail)
		}
		if len(r.Notes) != 1 || !r.Notes[0].Normal || !slices.Contains(r.Notes[0].Off, string(o.Signal)) ||
			!strings.Contains(r.Notes[0].Text, string(o.Signal)+" (no "+c.lacks+")") {
			t.Errorf("%s: notes %v, want one line with %s and %s", c.fields, r.Notes, c.rule, c.lacks)
		}
	}
}

// If the field or a part of its path has a wrong type, a warning says so.
func TestADefaultRuleIsOffWithAFieldOfAnotherType(t *testing.T) {
	for _, c := range []struct{ fields, rule, why string }{
		{`"uptime_s":"3 days"`, "restarted", `uptime_s is a string ("3 days")`},
		{`"queue":{"depth":"3"},"jobs":{"done_total":1}`, "stuck", `queue.depth > 0, and that value is a string ("3")`},
		{`"queue":{"depth":0},"jobs":{"done_total":"1"}`, "stuck", `jobs.done_total is a string ("1")`},
		{`"queue":5`, "oldest_job", "queue.oldest_age_s is not in the answer: a number is above it"},
		{`"queue":[{"oldest_age_s":5}]`, "oldest_job", "queue.oldest_age_s is not in the answer: a list is above it"},
	} {
		r := watch(t, true).answer(c.fields)
		o := find(r, messages.NewKey("orch_rule", c.rule))
		if o.Level != messages.Unknown || o.Expected || !strings.Contains(o.Detail, c.why) || !strings.HasSuffix(o.Detail, "so this default rule is off") {
			t.Errorf("%s: %s is %s (expected: %t), %q; want %q", c.fields, c.rule, o.Level, o.Expected, o.Detail, c.why)
		}
		if !slices.ContainsFunc(r.Notes, func(n probe.Note) bool { return !n.Normal && strings.Contains(n.Text, c.why) }) {
			t.Errorf("%s: notes %v, want a warning with %q", c.fields, r.Notes, c.why)
		}
	}
}

// While the window of a default rule fills, its signal is unknown as expected, so that the core
// keeps its level from before a restart.
func TestADefaultRuleIsExpectedToBeUnknownWhileItsWindowFills(t *testing.T) {
	r := watch(t, true).answer(`"jobs":{"done_total":1},"queue":{"depth":4}`)
	for _, rule := range []string{"stuck", "queue_not_falling"} {
		if o := find(r, messages.NewKey("orch_rule", rule)); o.Level != messages.Unknown || !o.Expected || !strings.Contains(o.Detail, "collecting") {
			t.Errorf("%s is %s (expected: %t), %q; want unknown and expected", rule, o.Level, o.Expected, o.Detail)
		}
	}
}

// No default rule applies to JSON without a schema_version or to Prometheus text.
func TestDefaultRulesAreForSchema1(t *testing.T) {
	w := watch(t, true)
	w.AnyJSON, w.reader.anyJSON = true, true
	for _, body := range []string{`{"queue":{"oldest_age_s":9000}}`, "uptime_s 5\n"} {
		if r := w.body(body); len(r.Observations) != 1 || len(r.Notes) != 0 {
			t.Errorf("%s: %v, %v; want orch_down alone", body, r.Observations, r.Notes)
		}
	}
}

// A default rule that had a level becomes unknown, with a warning, when its field disappears or
// the form of the answers changes.
func TestADefaultRuleThatHadALevelBecomesUnknown(t *testing.T) {
	for _, body := range []string{`{"schema_version":1,"a":1}`, "uptime_s 5\n"} {
		w := watch(t, true)
		w.answer(`"queue":{"oldest_age_s":1000}`)
		r := w.body(body)
		if o := find(r, "orch_rule:oldest_job"); o.Level != messages.Unknown || o.Expected {
			t.Errorf("%s: %s (expected: %t); want unknown", body, o.Level, o.Expected)
		}
		if !slices.ContainsFunc(r.Notes, func(n probe.Note) bool {
			return !n.Normal && strings.Contains(n.Text, "oldest_job") && !strings.Contains(n.Text, "stuck")
		}) {
			t.Errorf("%s: notes %v; want a warning about oldest_job alone", body, r.Notes)
		}
	}
}

// A rule with the name of a default rule replaces it.
func TestARuleReplacesTheDefaultOfItsName(t *testing.T) {
	w := watch(t, true, rule.Spec{Name: "oldest_job", Field: "queue.oldest_age_s", Raise: "> 1d"})
	r := w.answer(`"queue":{"oldest_age_s":4000}`)
	named := 0
	for _, o := range r.Observations {
		if o.Signal == "orch_rule:oldest_job" {
			named++
		}
	}
	if named != 1 || find(r, "orch_rule:oldest_job").Level != messages.OK {
		t.Errorf("%v; want the one rule of that name, ok", r.Observations)
	}
}

// healthy returns the fields of a working orchestrator at a minute.
func healthy(w *watched, minute int) map[string]any {
	return map[string]any{
		"uptime": 1000 + 60*minute, "depth": 3 + minute%2, "age": 20, "done": 100 + minute, "failed": 2,
		"heartbeat": w.now.Add(-10 * time.Second).Unix(),
	}
}

// Each default rule is ok for a working orchestrator, and is raised by its fault.
func TestDefaultRulesDetectTheirFaults(t *testing.T) {
	for _, c := range []struct {
		rule  string
		fault func(v map[string]any, minute int)
		want  messages.Level
	}{
		{"stuck", func(v map[string]any, _ int) { v["done"] = 160 }, messages.Critical},
		{"queue_not_falling", func(v map[string]any, minute int) { v["depth"] = minute }, messages.Warning},
		{"oldest_job", func(v map[string]any, minute int) { v["age"] = 60 * (minute - 60) }, messages.Warning},
		{"failures", func(v map[string]any, minute int) { v["failed"] = 10 * minute }, messages.Warning},
		{"worker_heartbeat", func(v map[string]any, _ int) { v["heartbeat"] = 1 }, messages.Critical},
		{"restarted", func(v map[string]any, minute int) {
			if minute >= 95 {
				v["uptime"] = 60 * (minute - 95)
			}
		}, messages.Warning},
	} {
		t.Run(c.rule, func(t *testing.T) {
			w := watch(t, true)
			key := messages.NewKey("orch_rule", c.rule)
			for minute := range 100 {
				v := healthy(w, minute)
				if minute >= 60 {
					c.fault(v, minute)
				}
				r := w.answer(fmt.Sprintf(`"uptime_s":%d,"queue":{"depth":%d,"oldest_age_s":%d},"jobs":{"done_total":%d,"failed_total":%d},"workers":{"oldest_heartbeat_at":%d}`,
					v["uptime"], v["depth"], v["age"], v["done"], v["failed"], v["heartbeat"]))
				if minute < 60 {
					for _, o := range r.Observations {
						if o.Level != messages.OK && !o.Expected {
							t.Fatalf("minute %d of health: %s is %s, %s", minute, o.Signal, o.Level, o.Detail)
						}
					}
				}
				if o := find(r, key); minute == 99 && o.Level != c.want {
					t.Errorf("%s is %s, %q; want %s", key, o.Level, o.Detail, c.want)
				}
				w.now = w.now.Add(time.Minute)
			}
		})
	}
}
