package orchestrator

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/messages"
)

// fuzzRules ask for much: every quantity, both forms.
func fuzzRules(t testing.TB) []Rule {
	return must(t,
		RuleSpec{Name: "value", Field: "a", Raise: "> 1", RaiseCritical: "> 2"},
		RuleSpec{Name: "deep", Field: "a.0.b", Raise: `== "x"`},
		RuleSpec{Name: "increase", Field: "a", Of: "increase", Over: "1m", Raise: "== 0", While: "b > 0"},
		RuleSpec{Name: "rate", Field: "a", Of: "rate", Over: "1m", Raise: "> 1s"},
		RuleSpec{Name: "age", Field: "a", Of: "age", Raise: "> 1m"},
		RuleSpec{Name: "absent", Field: "b", Of: "absent", Over: "1m"},
		RuleSpec{Name: "labels", Field: `a{b="c"}`, Raise: "!= 0"},
		RuleSpec{Name: "time", Field: "a", Raise: "< 2026-01-01T00:00:00Z"},
	)
}

// feed judges an answer twice; whatever it is, a rule has one observation, with a
// finite value and a detail, and memory and text are bounded.
func feed(t *testing.T, contentType string, body []byte) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	p := New(Options{Rules: fuzzRules(t), DefaultRules: true, Now: func() time.Time { return now }})
	for range 2 {
		e, err := p.reader.read(answer{body: body, contentType: contentType})
		if err != nil {
			if len(err.Error()) > 2000 || err.Error() == "" {
				t.Fatalf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		p.form, p.answer = e.form, answer{body: body}
		r := p.judge(e, 0)
		seen := make(map[messages.Key]bool)
		for _, o := range r.Observations {
			if seen[o.Signal] || o.Detail == "" || math.IsNaN(o.Value) || math.IsInf(o.Value, 0) || len(o.Detail) > 4000 {
				t.Fatalf("%+v", o)
			}
			seen[o.Signal] = true
		}
		for _, rule := range p.rules {
			if !rule.preset && !seen[rule.key()] {
				t.Fatalf("%s is not observed", rule.key())
			}
			if text := p.Explain(rule.name); len(text) > 16<<10 {
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

// A comparison that is taken holds or does not, and reads back as itself.
func FuzzComparison(f *testing.F) {
	for _, s := range []string{"> 900", "<= 15m", `!= "a b"`, "== true", ">2026-01-01T00:00:00Z", ">= -1e3", "< 14d", "= 1", "> NaN"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := parseComparison(s)
		if err != nil {
			return
		}
		again, err := parseComparison(c.String())
		if err != nil || *again != *c {
			t.Fatalf("%q reads back as %v (%v)", s, again, err)
		}
		opposite := map[string]string{">": "<=", ">=": "<", "==": "!=", "<": ">=", "<=": ">", "!=": "=="}[c.op]
		if not := (comparison{opposite, c.operand}); c.overlap(not) || c.excess(*c) || c.holds(value{number: 1}) == not.holds(value{number: 1}) {
			t.Fatalf("%s and %s agree", c, not)
		}
	})
}

// A rule whose texts are taken has its parts, and its condition reads back as itself.
func FuzzRule(f *testing.F) {
	f.Add("queue.depth", "> 900", "< 600", "> 1800", "jobs.running > 0", "15m")
	f.Add(`p{a="b>c"}`, "== 0", "", "", `"x>=y".z != "a b"`, "7d")
	f.Add("a", "", "", "", "<", "1ns")
	f.Fuzz(func(t *testing.T, field, raise, clearAt, critical, while, over string) {
		for _, of := range []string{"", "increase", "rate", "age", "absent"} {
			r, err := ParseRule(RuleSpec{Name: "r", Field: field, Of: of, Over: over, Raise: raise, Clear: clearAt, RaiseCritical: critical, While: while})
			if err != nil {
				if strings.ContainsAny(err.Error(), "\n\r") {
					t.Fatalf("%q is more than one line", err)
				}
				continue
			}
			if r.raise.op == "" || r.over < 0 || r.over > maxOver || (r.while == nil) != (while == "") {
				t.Fatalf("%+v", r)
			}
			if r.while == nil {
				continue
			}
			again, err := ParseRule(RuleSpec{Name: "r", Field: "a", Raise: "> 1", While: r.while.String()})
			if err != nil || again.while.String() != r.while.String() {
				t.Fatalf("%q reads back as %v (%v)", r.while, again.while, err)
			}
		}
	})
}

// A path that is taken finds what stands there, whatever its keys are.
func FuzzField(f *testing.F) {
	for _, s := range []string{"a", "a.0.b", `queues."mail.high".depth`, `p{a="b",c="d"}`, `{"x.y",a="b"}`, "a[0][1].b", "a..b", `"\u00e4"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		parsed, err := parseField(s)
		if err != nil {
			return
		}
		if parsed.path == nil {
			if parsed.sample == nil || parsed.sample.name == "" {
				t.Fatalf("%q names nothing", s)
			}
			return
		}
		doc := []byte("7")
		for i := len(parsed.path) - 1; i >= 0; i-- {
			k, err := json.Marshal(parsed.path[i])
			if err != nil {
				t.Fatal(err)
			}
			doc = []byte(`{"other":[1,{"x":"}"}], ` + string(k) + ` : ` + string(doc) + `}`)
		}
		if strings.Contains(s, "other") || strings.ContainsRune(s, '\ufffd') || !json.Valid(doc) || hasInvalid(parsed.path) {
			return
		}
		p, slots := newPicker(), make([]value, 1)
		p.add(parsed.path, 0)
		if p.pick(doc, 0, slots); slots[0].number != 7 {
			t.Fatalf("%q is not found in %s: %v", s, doc, slots[0])
		}
	})
}

// hasInvalid tells whether a step, unquoted, is not UTF-8: JSON has no such key.
func hasInvalid(path []string) bool {
	for _, step := range path {
		if strings.ToValidUTF8(step, "") != step || strings.ContainsRune(step, '\ufffd') {
			return true
		}
	}
	return false
}
