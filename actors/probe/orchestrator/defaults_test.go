package orchestrator

import (
	"fmt"
	"testing"
	"time"

	"orchestrator-watchdog/messages"
)

// A default rule whose field is absent, or has another type, or whose window was never
// full makes no signal and no note: it is off.
func TestDefaultRulesAreOffUntilTheyCanBeJudged(t *testing.T) {
	for _, fields := range []string{
		`"a":1`, `"queue":5`, `"uptime_s":"3 days"`, `"uptime_s":1`, `"jobs":{"done_total":1},"queue":{"depth":4}`, `"jobs":{"done_total":1}`,
		`"jobs":{"done_total":1},"queue":{"depth":"none"}`,
	} {
		if r := watch(t, true).answer(fields); len(r.Observations) != 1 || len(r.Notes) != 0 {
			t.Errorf("%s: %v, %v; want orch_down alone", fields, r.Observations, r.Notes)
		}
	}
	w := watch(t, true)
	w.AnyJSON, w.reader.anyJSON = true, true
	if r := w.body(`{"queue":{"oldest_age_s":9000}}`); len(r.Observations) != 1 {
		t.Errorf("%v; the default rules are for schema 1", r.Observations)
	}
}

// Nor is a default rule on because its condition does not hold, while its field is absent.
func TestADefaultRuleNeedsItsField(t *testing.T) {
	if o := find(watch(t, true).answer(`"queue":{"depth":0}`), "orch_rule:stuck"); o.Level != none {
		t.Errorf("stuck is %s, %q without jobs.done_total", o.Level, o.Detail)
	}
}

// A default rule that could be judged once stays a signal when its field goes.
func TestADefaultRuleThatWasOnStays(t *testing.T) {
	w := watch(t, true)
	w.answer(`"queue":{"oldest_age_s":1000}`)
	r := w.answer(`"a":1`)
	if o := find(r, "orch_rule:oldest_job"); o.Level != messages.Unknown || len(r.Notes) != 0 {
		t.Errorf("%s, notes %v; want unknown and no note", o.Level, r.Notes)
	}
}

// A rule of a default one's name replaces it.
func TestARuleReplacesTheDefaultOfItsName(t *testing.T) {
	w := watch(t, true, RuleSpec{Name: "oldest_job", Field: "queue.oldest_age_s", Raise: "> 1d"})
	r := w.answer(`"queue":{"oldest_age_s":4000}`)
	if len(r.Observations) != 2 || find(r, "orch_rule:oldest_job").Level != messages.OK {
		t.Errorf("%v; want the one rule of that name, ok", r.Observations)
	}
}

// healthy is an orchestrator at work, minute by minute.
func healthy(w *watched, minute int) map[string]any {
	return map[string]any{
		"uptime": 1000 + 60*minute, "depth": 3 + minute%2, "age": 20, "done": 100 + minute, "failed": 2,
		"heartbeat": w.now.Add(-10 * time.Second).Unix(),
	}
}

// Each default rule is quiet beside an orchestrator at work, and sees what it is for.
func TestDefaultRulesSeeWhatTheyAreFor(t *testing.T) {
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
						if o.Level != messages.OK {
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
