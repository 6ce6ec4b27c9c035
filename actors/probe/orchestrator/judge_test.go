package orchestrator

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/actors/probe/orchestrator/rule"
	"orchestrator-watchdog/messages"
)

// watched is a probe with answers and a clock that the test controls.
type watched struct {
	*testing.T
	*Probe
	now time.Time
}

func watch(t *testing.T, defaults bool, specs ...rule.Spec) *watched {
	w := &watched{T: t, now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	w.Probe = New(Options{Rules: must(t, specs...), Settings: Settings{DefaultRules: defaults}, Now: func() time.Time { return w.now }})
	return w
}

// answer judges an envelope of schema 1 with these fields.
func (w *watched) answer(fields string) probe.Reading {
	return w.body(`{"schema_version":1,` + fields + `}`)
}

func (w *watched) body(body string) probe.Reading {
	w.Helper()
	a := answer{body: []byte(body)}
	e, err := w.reader.read(a)
	if err != nil {
		w.Fatal(err)
	}
	w.form = e.Form
	if w.keep {
		w.Probe.answer = a
	}
	return w.judge(e, 0)
}

// expect judges an envelope and checks the level of the rule "r", and that its detail contains
// the text.
func (w *watched) expect(fields string, level messages.Level, detail string) {
	w.Helper()
	if o := find(w.answer(fields), "orch_rule:r"); o.Level != level || !strings.Contains(o.Detail, detail) {
		w.Errorf("%s at %s: %s, %q; want %s with %q", fields, w.now.Format(time.TimeOnly), o.Level, o.Detail, level, detail)
	}
}

// A rule compares a value by the type of its operand. A value that can't be compared is unknown,
// with the reason.
func TestComparisonsByType(t *testing.T) {
	const ok, warning, unknown = messages.OK, messages.Warning, messages.Unknown
	for _, c := range []struct {
		field, raise string
		envelope     string
		want         messages.Level
		detail       string
	}{
		{"a", "> 900", `"a":901`, warning, "a is 901"},
		{"a", "> 900", `"a":900`, ok, "a is 900"},
		{"a", ">= 900", `"a":900`, warning, ""},
		{"a", "< -1.5", `"a":-2e0`, warning, "a is -2"},
		{"a", "<= 0", `"a":-0.0`, warning, ""},
		{"a", "!= 3", `"a":3.0`, ok, ""},
		{"a", "> 15m", `"a":901`, warning, "a is 15m1s"},
		{"a", "> 15m", `"a":"20m30s"`, warning, "a is 20m30s"},
		{"a", "> 1d", `"a":"2d"`, warning, "48h0m0s"},
		{"a", "> 15m", `"a":"long"`, unknown, `a string ("long"), which can't be compared with a duration`},
		{"a", "== true", `"a":true`, warning, "a is true"},
		{"a", "!= true", `"a":false`, warning, ""},
		{"a", "== true", `"a":"true"`, unknown, "can't be compared with a boolean"},
		{"a", `== "idle"`, `"a":"idle"`, warning, `a is "idle"`},
		{"a", `!= "i\"\u0041"`, `"a":"i\"A"`, ok, ""},
		{"a", `== "1"`, `"a":1`, unknown, "a number (1), which can't be compared with a string"},
		{"a", "< 2026-01-01T00:00:00Z", `"a":"2025-12-31T23:59:59Z"`, warning, "2025-12-31T23:59:59Z"},
		{"a", "< 2026-01-01T00:00:00Z", `"a":1800000000`, ok, ""},
		{"a", "< 2026-01-01T00:00:00Z", `"a":"soon"`, unknown, "timestamp"},
		{"a", "> 1", `"a":{"b":1}`, unknown, "an object or a list"},
		{"a", "> 1", `"a":null`, unknown, "not in the answer"},
		{"a", "> 1", `"b":2`, unknown, "not in the answer"},
		{"a", "> 1", `"a":1e999`, unknown, "too large a number: 1e999"},
		{"a", "> 1", `"a":2,"a":2`, unknown, "is in the envelope twice"},
		{"a.b", "> 1", `"a":{"b":2},"a":{}`, unknown, "is in the envelope twice"},
		{"a.b", "> 1", `"a":[{"b":2}]`, unknown, "not in the answer"},
		{"a.1.b", "> 1", `"a":[{},{"b":2}]`, warning, "a.1.b is 2"},
		{"a[1].b", "> 1", `"a":[{},{"b":2}]`, warning, ""},
		{"a.9", "> 1", `"a":[5]`, unknown, "not in the answer"},
		{`a."b.c"`, "> 1", `"a":{"b.c":2}`, warning, ""},
		{"ä", "> 1", `"\u00e4":2`, warning, ""},
		{`a{b="c"}`, "> 1", `"a":2`, unknown, "is a Prometheus sample, and the answer is JSON"},
	} {
		t.Run(c.field+c.raise+c.envelope, func(t *testing.T) {
			watch(t, false, rule.Spec{Name: "r", Field: c.field, Raise: c.raise}).expect(c.envelope, c.want, c.detail)
		})
	}
}

// A raised rule stays raised until clear holds, also across unknown. raise_critical is critical.
func TestHysteresisAndTwoSeverities(t *testing.T) {
	w := watch(t, false, rule.Spec{
		Name: "r", Field: "a", Raise: "> 900", Clear: "< 600", RaiseCritical: "> 3000", Summary: "waits {value}s",
	})
	w.expect(`"a":700`, messages.OK, "a is 700")
	w.expect(`"a":901`, messages.Warning, "waits 901s (a is 901)")
	w.expect(`"a":600`, messages.Warning, "a is 600, not < 600 yet")
	w.expect(`"a":3001`, messages.Critical, "waits 3001s")
	w.expect(`"b":0`, messages.Unknown, "not in the answer")
	w.expect(`"a":700`, messages.Warning, "not < 600 yet")
	w.expect(`"a":599`, messages.OK, "a is 599")
	w.expect(`"a":700`, messages.OK, "a is 700")
}

// The rule sets the severity. A rule with only raise_critical is critical.
func TestSeverity(t *testing.T) {
	watch(t, false, rule.Spec{Name: "r", Field: "a", Raise: "> 1", Severity: "critical"}).expect(`"a":2`, messages.Critical, "")
	watch(t, false, rule.Spec{Name: "r", Field: "a", RaiseCritical: "> 1", Severity: "warning"}).expect(`"a":2`, messages.Critical, "")
	watch(t, false, rule.Spec{Name: "r", Field: "a", Raise: "> 1"}).expect(`"a":2`, messages.Warning, "")
}

// An age is the time since a timestamp, never less than 0.
func TestAge(t *testing.T) {
	w := watch(t, false, rule.Spec{Name: "r", Field: "a", Of: "age", Raise: "> 2m", RaiseCritical: "> 10m"})
	w.expect(`"a":"2026-11-23T11:59:00Z"`, messages.OK, "a is 1m0s ago")
	w.expect(fmt.Sprintf(`"a":%d`, w.now.Add(-3*time.Minute).Unix()), messages.Warning, "a is 3m0s ago")
	w.expect(`"a":"2026-11-23T10:59:00Z"`, messages.Critical, "1h1m0s")
	w.expect(`"a":"2026-11-23T13:00:00Z"`, messages.OK, "0s ago")
	w.expect(`"a":"2026-11-23 11:57:00.25+00:00"`, messages.Warning, "a is 3m0s ago")
	w.expect(`"a":"noon"`, messages.Unknown, "no time in RFC 3339 or Unix seconds")
	w.expect(`"b":1`, messages.Unknown, "not in the answer")
}

// Absent holds if the field is missing or null; with over, if it was so in every answer for that
// time.
func TestAbsent(t *testing.T) {
	w := watch(t, false, rule.Spec{Name: "r", Field: "a", Of: "absent"})
	w.expect(`"a":0`, messages.OK, "a is there")
	w.expect(`"a":null`, messages.Warning, "a is absent")
	w.expect(`"b":0`, messages.Warning, "a is absent")

	w = watch(t, false, rule.Spec{Name: "r", Field: "a", Of: "absent", Over: "30s", Severity: "critical"})
	w.expect(`"b":0`, messages.OK, "a is absent, but not for 30s yet")
	w.now = w.now.Add(30 * time.Second)
	w.expect(`"b":0`, messages.Critical, "a is absent")
	w.expect(`"a":0`, messages.OK, "")
	w.expect(`"b":0`, messages.OK, "not for 30s yet")

	w = watch(t, false, rule.Spec{Name: "r", Field: "a", Of: "absent", Raise: "== false"})
	w.expect(`"a":0`, messages.Warning, "a is there")
}

// A rule applies while its condition holds, and its window begins when the condition does.
func TestWhile(t *testing.T) {
	w := watch(t, false, rule.Spec{Name: "r", Field: "done", Of: "increase", Over: "30s", Raise: "== 0", While: "queue > 0"})
	w.expect(`"done":1,"queue":0`, messages.OK, "counts while queue > 0, and that is 0")
	for _, want := range []messages.Level{messages.OK, messages.OK, messages.Warning} {
		w.now = w.now.Add(15 * time.Second)
		w.expect(`"done":1,"queue":4`, want, "")
	}
	w.expect(`"done":1,"queue":0`, messages.OK, "")
	w.expect(`"done":1`, messages.Unknown, "queue > 0, and that value is not in the answer")
	w.expect(`"done":1,"queue":"4"`, messages.Unknown, "can't be compared")
}

// A field of a wrong type is noted with the first envelope that contains it.
func TestATypeMismatchIsNotedWithTheFirstEnvelope(t *testing.T) {
	r := watch(t, false, rule.Spec{Name: "r", Field: "a", Of: "rate", Over: "15m", Raise: "> 1"}).answer(`"a":"many"`)
	if o := find(r, "orch_rule:r"); o.Level != messages.Unknown || !strings.Contains(o.Detail, `a is a string ("many"), which can't be compared with a number`) {
		t.Errorf("%s, %q; want unknown and why", o.Level, o.Detail)
	}
	if len(r.Notes) != 1 || r.Notes[0].Event != "config_warning" || !strings.Contains(r.Notes[0].Text, `rule "r": a is a string`) {
		t.Errorf("notes %v, want one that names the rule and both types", r.Notes)
	}
}

// A rule that can't be judged is noted once, whatever the reasons.
func TestARuleThatCanNotBeJudgedIsNotedOnce(t *testing.T) {
	w := watch(t, false, rule.Spec{Name: "r", Field: "a", Raise: "> 1"})
	for i, want := range []int{0, 1, 0} {
		r := w.answer([]string{`"a":1`, `"a":"1"`, `"b":1`}[i])
		if len(r.Notes) != want || want == 1 && (r.Notes[0].Event != "config_warning" || !strings.Contains(r.Notes[0].Text, `rule "r": a is a string`)) {
			t.Errorf("notes %v, want %d", r.Notes, want)
		}
	}
}

// The bound of a rule is the number in raise, if raise has < or > and a number or duration.
func TestTheBoundOfARule(t *testing.T) {
	for raise, want := range map[string]float64{"> 900": 900, ">= 15m": 900, "< 0": 0, "== 0": -1, `!= "up"`: -1, "== true": -1, "> 2026-01-01T00:00:00Z": -1} {
		r := watch(t, false, rule.Spec{Name: "r", Field: "a", Raise: raise}).answer(`"a":1`)
		if o := find(r, "orch_rule:r"); o.Bounded != (want >= 0) || o.Bounded && o.Bound != want || o.Threshold != raise {
			t.Errorf("%s: %+v", raise, o)
		}
	}
}
