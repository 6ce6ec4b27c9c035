package orchestrator

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/messages"
)

// watched is a probe whose answers and whose clock are the test's.
type watched struct {
	*testing.T
	*Probe
	now time.Time
}

func watch(t *testing.T, defaults bool, specs ...RuleSpec) *watched {
	w := &watched{T: t, now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	w.Probe = New(Options{Rules: must(t, specs...), DefaultRules: defaults, Now: func() time.Time { return w.now }})
	return w
}

// answer judges an envelope of schema 1 with these fields.
func (w *watched) answer(fields string) probe.Reading {
	return w.body(`{"schema_version":1,` + fields + `}`)
}

func (w *watched) body(body string) probe.Reading {
	w.Helper()
	e, err := w.reader.read(answer{body: []byte(body)})
	if err != nil {
		w.Fatal(err)
	}
	w.form = e.form
	return w.judge(e, 0)
}

// expect judges and holds the rule "r" against a level; its detail has to hold a text.
func (w *watched) expect(fields string, level messages.Level, detail string) {
	w.Helper()
	if o := find(w.answer(fields), "orch_rule:r"); o.Level != level || !strings.Contains(o.Detail, detail) {
		w.Errorf("%s at %s: %s, %q; want %s with %q", fields, w.now.Format(time.TimeOnly), o.Level, o.Detail, level, detail)
	}
}

// A rule compares a value by its type; what can't be compared is unknown and says why.
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
		{"a", "> 1", `"a":2,"a":2`, unknown, "stands twice"},
		{"a.b", "> 1", `"a":{"b":2},"a":{}`, unknown, "stands twice"},
		{"a.b", "> 1", `"a":[{"b":2}]`, unknown, "not in the answer"},
		{"a.1.b", "> 1", `"a":[{},{"b":2}]`, warning, "a.1.b is 2"},
		{"a[1].b", "> 1", `"a":[{},{"b":2}]`, warning, ""},
		{"a.9", "> 1", `"a":[5]`, unknown, "not in the answer"},
		{`a."b.c"`, "> 1", `"a":{"b.c":2}`, warning, ""},
		{"ä", "> 1", `"\u00e4":2`, warning, ""},
		{`a{b="c"}`, "> 1", `"a":2`, unknown, "is a Prometheus sample, and the answer is JSON"},
	} {
		t.Run(c.field+c.raise+c.envelope, func(t *testing.T) {
			watch(t, false, RuleSpec{Name: "r", Field: c.field, Raise: c.raise}).expect(c.envelope, c.want, c.detail)
		})
	}
}

// A sample is picked by its name and labels: it has to be the only one that fits, or
// the only one that has no other label.
func TestSamples(t *testing.T) {
	const text = `# TYPE pool gauge
pool{pool="default",host="a"} 3
pool{pool="big",host="a"} 128
pool{pool="big",host="b"} 1
plain 7 1700000000000
plain{a="b"} 8
twice 1
twice 2
nan NaN
inf +Inf
# TYPE h histogram
h_bucket{le="1"} 4
h_bucket{le="+Inf"} 5
h_sum 3.5
h_count 5
esc{path="C:\\x\"y\n"} 6
{"utf8.name",a="b"} 9
`
	for _, c := range []struct {
		field  string
		want   messages.Level
		detail string
	}{
		{`pool{pool="default"}`, messages.Warning, "is 3"},
		{`pool{host="b", pool="big",}`, messages.Warning, "is 1"},
		{`pool{pool="big"}`, messages.Unknown, `fits 2 samples, among them {pool="big",host="a"} and`},
		{`pool{pool="none"}`, messages.Unknown, "not in the answer"},
		{`plain`, messages.Warning, "is 7"},
		{`plain{}`, messages.Warning, "is 7"},
		{`twice`, messages.Unknown, "stands twice"},
		{`nan`, messages.Unknown, "is NaN"},
		{`inf`, messages.Unknown, "is +Inf"},
		{`h_bucket{le="+Inf"}`, messages.Warning, "is 5"},
		{`h_sum`, messages.Warning, "is 3.5"},
		{`h_count`, messages.Warning, "is 5"},
		{`esc{path="C:\\x\"y\n"}`, messages.Warning, "is 6"},
		{`{"utf8.name"}`, messages.Warning, "is 9"},
		{`a.path`, messages.Unknown, "is a path of JSON, and the answer is Prometheus text"},
	} {
		t.Run(c.field, func(t *testing.T) {
			w := watch(t, false, RuleSpec{Name: "r", Field: c.field, Raise: ">= 0"})
			if o := find(w.body(text), "orch_rule:r"); o.Level != c.want || !strings.Contains(o.Detail, c.detail) {
				t.Errorf("%s, %q; want %s with %q", o.Level, o.Detail, c.want, c.detail)
			}
		})
	}
}

// Whatever spaces the format allows, a line is a sample, whether a rule asks for it or not.
func TestSpacesInSamples(t *testing.T) {
	for _, line := range []string{
		`a{b="c"} 5`, `a{b="c",} 5`, `a{ b = "c" , d="e f" }  5`, `a {b="c"} 5`, "\ta{b=\"c\"}\t5\t1700000000000 ", `a{b="c"}5`, `a{b="c",d="} 1\""} 5`, `{"a",b="c"} 5`,
	} {
		w := watch(t, false, RuleSpec{Name: "r", Field: `a{b="c"}`, Raise: "> 0"}, RuleSpec{Name: "s", Field: "other", Raise: "> 0"})
		if o := find(w.body("up 1\n"+line), "orch_rule:r"); o.Value != 5 {
			t.Errorf("%s: %s, %q; want 5", line, o.Level, o.Detail)
		}
		watch(t, false, RuleSpec{Name: "r", Field: `a{b="x"}`, Raise: "> 0"}).body("up 1\n" + line)
	}
}

// What is raised stays so until clear holds; raise_critical is critical; unknown holds.
func TestHysteresisAndTwoSeverities(t *testing.T) {
	w := watch(t, false, RuleSpec{
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

// The severity is the rule's; raise_critical alone is critical.
func TestSeverity(t *testing.T) {
	watch(t, false, RuleSpec{Name: "r", Field: "a", Raise: "> 1", Severity: "critical"}).expect(`"a":2`, messages.Critical, "")
	watch(t, false, RuleSpec{Name: "r", Field: "a", RaiseCritical: "> 1", Severity: "warning"}).expect(`"a":2`, messages.Critical, "")
	watch(t, false, RuleSpec{Name: "r", Field: "a", Raise: "> 1"}).expect(`"a":2`, messages.Warning, "")
}

// An increase is unknown until its window is full, then counts what happened within
// it; a counter that falls began anew at 0.
func TestIncrease(t *testing.T) {
	w := watch(t, false, RuleSpec{Name: "r", Field: "a", Of: "increase", Over: "1m", Raise: "== 0"})
	for _, s := range []struct {
		a      int
		want   messages.Level
		detail string
	}{
		{10, messages.Unknown, "collecting"}, {10, messages.Unknown, "collecting"}, {11, messages.Unknown, ""}, {11, messages.Unknown, ""},
		{11, messages.OK, "increase of a over 1m0s is 1"},
		{11, messages.OK, "is 1"},
		{11, messages.Warning, "is 0"},
		{2, messages.OK, "is 2"}, // began anew
		{5, messages.OK, "is 5"},
		{5, messages.OK, ""}, {5, messages.OK, ""}, {5, messages.OK, "is 3"}, {5, messages.Warning, "is 0"},
	} {
		w.expect(fmt.Sprintf(`"a":%d`, s.a), s.want, s.detail)
		w.now = w.now.Add(15 * time.Second)
	}
}

// Part of a window is enough where more of it could only add to what is too much already.
func TestWhatIsTooMuchAlreadyIsToldAtOnce(t *testing.T) {
	w := watch(t, false, RuleSpec{Name: "r", Field: "a", Of: "decrease", Over: "10m", Raise: "> 0"})
	w.expect(`"a":100`, messages.Unknown, "collecting")
	w.now = w.now.Add(15 * time.Second)
	w.expect(`"a":3`, messages.Warning, "decrease of a over 10m0s is 97, so far")
}

// A rate is the increase per second of the time that was seen.
func TestRate(t *testing.T) {
	w := watch(t, false, RuleSpec{Name: "r", Field: "a", Of: "rate", Over: "30s", Raise: "> 2"})
	w.expect(`"a":0`, messages.Unknown, "collecting")
	w.now = w.now.Add(15 * time.Second)
	w.expect(`"a":90`, messages.Unknown, "is 6/s, so far")
	w.now = w.now.Add(15 * time.Second)
	w.expect(`"a":90`, messages.Warning, "is 3/s")
	w.now = w.now.Add(15 * time.Second)
	w.expect(`"a":90`, messages.OK, "is 0/s")
}

// A window starts anew after more than ten intervals without an answer, and when the
// clock goes back.
func TestAGapStartsAWindowAnew(t *testing.T) {
	for _, c := range []struct {
		name string
		gap  time.Duration
		want messages.Level
	}{
		{"ten intervals", 150 * time.Second, messages.Warning},
		{"more", 151 * time.Second, messages.Unknown},
		{"back", -time.Second, messages.Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := watch(t, false, RuleSpec{Name: "r", Field: "a", Of: "increase", Over: "1m", Raise: "== 0"})
			for range 5 {
				w.answer(`"a":1`)
				w.now = w.now.Add(15 * time.Second)
			}
			w.now = w.now.Add(c.gap - 15*time.Second)
			w.expect(`"a":1`, c.want, "")
		})
	}
}

// After the clock went back a rule is decided again once its window is full, and not
// only when the clock has caught up.
func TestAClockThatWentBackLeavesNoRuleDeaf(t *testing.T) {
	w := watch(t, false, RuleSpec{Name: "r", Field: "a", Of: "increase", Over: "1m", Raise: "== 0"})
	w.answer(`"a":1`)
	w.now = w.now.Add(-time.Hour)
	for range 4 {
		w.expect(`"a":1`, messages.Unknown, "collecting")
		w.now = w.now.Add(15 * time.Second)
	}
	w.expect(`"a":1`, messages.Warning, "is 0")
}

// A window outlives a panic of its probe.
func TestAWindowSurvivesAPanic(t *testing.T) {
	w := watch(t, false, RuleSpec{Name: "r", Field: "a", Of: "increase", Over: "1m", Raise: "== 0"})
	for range 4 {
		w.answer(`"a":1`)
		w.now = w.now.Add(15 * time.Second)
	}
	now := w.Now
	w.Now = func() time.Time { panic("broken") }
	func() {
		defer func() {
			if recover() == nil {
				t.Error("want the panic")
			}
		}()
		w.answer(`"a":1`)
	}()
	w.Now = now
	w.expect(`"a":1`, messages.Warning, "over 1m0s is 0")
}

// A field that was missing for more than ten intervals starts its window anew too.
func TestAFieldThatWasGoneStartsItsWindowAnew(t *testing.T) {
	w := watch(t, false, RuleSpec{Name: "r", Field: "a", Of: "increase", Over: "1m", Raise: "== 0"})
	w.answer(`"a":1`)
	for range 11 {
		w.now = w.now.Add(15 * time.Second)
		w.expect(`"b":1`, messages.Unknown, "not in the answer")
	}
	w.expect(`"a":1`, messages.Unknown, "collecting")
}

// An age is how long ago a timestamp was, never less than 0.
func TestAge(t *testing.T) {
	w := watch(t, false, RuleSpec{Name: "r", Field: "a", Of: "age", Raise: "> 2m", RaiseCritical: "> 10m"})
	w.expect(`"a":"2026-11-23T11:59:00Z"`, messages.OK, "a is 1m0s ago")
	w.expect(fmt.Sprintf(`"a":%d`, w.now.Add(-3*time.Minute).Unix()), messages.Warning, "a is 3m0s ago")
	w.expect(`"a":"2026-11-23T10:59:00Z"`, messages.Critical, "1h1m0s")
	w.expect(`"a":"2026-11-23T13:00:00Z"`, messages.OK, "0s ago")
	w.expect(`"a":"2026-11-23 11:57:00.25+00:00"`, messages.Warning, "a is 3m0s ago")
	w.expect(`"a":"noon"`, messages.Unknown, "no time in RFC 3339 or Unix seconds")
	w.expect(`"b":1`, messages.Unknown, "not in the answer")
}

// Absent holds where the field is missing or null, with over: in every answer for so long.
func TestAbsent(t *testing.T) {
	w := watch(t, false, RuleSpec{Name: "r", Field: "a", Of: "absent"})
	w.expect(`"a":0`, messages.OK, "a is there")
	w.expect(`"a":null`, messages.Warning, "a is absent")
	w.expect(`"b":0`, messages.Warning, "a is absent")

	w = watch(t, false, RuleSpec{Name: "r", Field: "a", Of: "absent", Over: "30s", Severity: "critical"})
	w.expect(`"b":0`, messages.OK, "not for 30s yet")
	w.now = w.now.Add(30 * time.Second)
	w.expect(`"b":0`, messages.Critical, "a is absent")
	w.expect(`"a":0`, messages.OK, "")
	w.expect(`"b":0`, messages.OK, "not for 30s yet")

	w = watch(t, false, RuleSpec{Name: "r", Field: "a", Of: "absent", Raise: "== false"})
	w.expect(`"a":0`, messages.Warning, "a is there")
}

// A rule counts while its condition holds, and its window begins where that begins to.
func TestWhile(t *testing.T) {
	w := watch(t, false, RuleSpec{Name: "r", Field: "done", Of: "increase", Over: "30s", Raise: "== 0", While: "queue > 0"})
	w.expect(`"done":1,"queue":0`, messages.OK, "counts while queue > 0, and that is 0")
	for _, want := range []messages.Level{messages.OK, messages.OK, messages.Warning} {
		w.now = w.now.Add(15 * time.Second)
		w.expect(`"done":1,"queue":4`, want, "")
	}
	w.expect(`"done":1,"queue":0`, messages.OK, "")
	w.expect(`"done":1`, messages.Unknown, "queue > 0, and that value is not in the answer")
	w.expect(`"done":1,"queue":"4"`, messages.Unknown, "can't be compared")
}

// What can't be judged is noted once per rule, a missing field among it.
func TestWhatCanNotBeJudgedIsNotedOnce(t *testing.T) {
	w := watch(t, false, RuleSpec{Name: "r", Field: "a", Raise: "> 1"})
	for i, want := range []int{0, 1, 0} {
		r := w.answer([]string{`"a":1`, `"a":"1"`, `"b":1`}[i])
		if len(r.Notes) != want || want == 1 && (r.Notes[0].Event != "config_warning" || !strings.Contains(r.Notes[0].Text, `rule "r": a is a string`)) {
			t.Errorf("notes %v, want %d", r.Notes, want)
		}
	}
}

// A window keeps a bounded number of points however often it is fed, and what happened
// between those that it keeps is not lost.
func TestAWindowIsBounded(t *testing.T) {
	var w window
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for i := range 100_000 {
		w.add(now, float64(i%7), 15*time.Minute)
		now = now.Add(100 * time.Millisecond)
	}
	if len(w.points) > maxPoints+2 {
		t.Errorf("%d points, want at most %d", len(w.points), maxPoints+2)
	}
	// Each 7 readings rise by 6 and fall by 6, and a fall to 0 adds no rise.
	readings := float64(w.span() / (100 * time.Millisecond))
	if want := readings * 6 / 7; w.rise() < want-6 || w.rise() > want+6 || w.fall() < want-6 || w.fall() > want+6 {
		t.Errorf("rise %v, fall %v over %s; want about %v", w.rise(), w.fall(), w.span(), want)
	}
	if w.span() < 15*time.Minute || w.span() > 15*time.Minute+2*15*time.Minute/maxPoints {
		t.Errorf("the points span %s, want 15m and hardly more", w.span())
	}
}
