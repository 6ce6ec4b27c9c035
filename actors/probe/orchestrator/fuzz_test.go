package orchestrator

import (
	"math"
	"testing"
	"time"

	"orchestrator-watchdog/actors/probe/orchestrator/rule"
	"orchestrator-watchdog/messages"
)

// fuzzRules returns rules with every quantity and for both forms.
func fuzzRules(t testing.TB) []rule.Rule {
	return must(t,
		rule.Spec{Name: "value", Field: "a", Raise: "> 1", RaiseCritical: "> 2"},
		rule.Spec{Name: "deep", Field: "a.0.b", Raise: `== "x"`},
		rule.Spec{Name: "increase", Field: "a", Of: "increase", Over: "1m", Raise: "== 0", While: "b > 0"},
		rule.Spec{Name: "rate", Field: "a", Of: "rate", Over: "1m", Raise: "> 1s"},
		rule.Spec{Name: "age", Field: "a", Of: "age", Raise: "> 1m"},
		rule.Spec{Name: "absent", Field: "b", Of: "absent", Over: "1m"},
		rule.Spec{Name: "labels", Field: `a{b="c"}`, Raise: "!= 0"},
		rule.Spec{Name: "time", Field: "a", Raise: "< 2026-01-01T00:00:00Z"},
	)
}

// feed judges an answer twice. Every rule must have one observation, with a finite value and a
// detail, and all texts must be bounded.
func feed(t *testing.T, contentType string, body []byte) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	p := New(Options{Rules: fuzzRules(t), Settings: Settings{DefaultRules: true}, Now: func() time.Time { return now }})
	for range 2 {
		e, err := p.reader.read(answer{body: body, contentType: contentType})
		if err != nil {
			if len(err.Error()) > 2000 || err.Error() == "" {
				t.Fatalf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		p.form, p.answer = e.Form, answer{body: body}
		r := p.judge(e, 0)
		seen := make(map[messages.Key]bool)
		for _, o := range r.Observations {
			if seen[o.Signal] || o.Detail == "" || math.IsNaN(o.Value) || math.IsInf(o.Value, 0) || len(o.Detail) > 4000 {
				t.Fatalf("%+v", o)
			}
			seen[o.Signal] = true
		}
		for i := range p.rules {
			j := &p.rules[i]
			if !j.Preset && !seen[j.Key()] {
				t.Fatalf("%s is not observed", j.Key())
			}
			if text := explained(p, j.Name); len(text) > 16<<10 {
				t.Fatalf("an explanation of %d bytes", len(text))
			}
		}
		now = now.Add(15 * time.Second)
	}
}

// Any JSON is an envelope or a failed scrape.
func FuzzJSONEnvelope(f *testing.F) {
	for _, s := range []string{
		`{"schema_version":1,"generated_at":1,"a":[{"b":"x"}],"b":1}`, `{"schema_version":2,"a":1e999,"a":2}`, `{"schema_version":1,"a":{"0":{"b":null}}}`,
		`{"schema_version":1,"\u0061":"\ud800\\\""}`, `[[[[`, `{"schema_version":1,"generated_at":"2026-11-23T12:00:00Z","a":"2026-11-23T12:00:00Z"}`, `{"schema_version":1,"uptime_s":1,"queue":{"depth":-1}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) { feed(t, "application/json", body) })
}

// Any text is Prometheus text or a failed scrape.
func FuzzPrometheusText(f *testing.F) {
	for _, s := range []string{
		"a 1\nb 2\n", "# TYPE a counter\r\na{b=\"c\"} 1e9 123\r\n", "a NaN\na +Inf", "a{b=\"\\\"\"} 1 # {x=\"y\"} 2\n# EOF", "{\"a\",b=\"c\"} 1", "a{", "\x00",
	} {
		f.Add([]byte(s), false)
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, body []byte, openMetrics bool) {
		contentType := "text/plain; version=0.0.4"
		if openMetrics {
			contentType = openMetricsType
		}
		feed(t, contentType, body)
	})
}
