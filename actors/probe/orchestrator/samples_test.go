package orchestrator

import (
	"strings"
	"testing"

	"orchestrator-watchdog/actors/probe/orchestrator/rule"
	"orchestrator-watchdog/messages"
)

// A field finds a sample by name and labels if it is the only one without further labels or,
// failing that, the only one that matches.
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
		{`pool{pool="big"}`, messages.Unknown, `matches 2 samples, among them {pool="big",host="a"} and`},
		{`pool{pool="none"}`, messages.Unknown, "not in the answer"},
		{`plain`, messages.Warning, "is 7"},
		{`plain{}`, messages.Warning, "is 7"},
		{`twice`, messages.Unknown, "is in the answer twice"},
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
			w := watch(t, false, rule.Spec{Name: "r", Field: c.field, Raise: ">= 0"})
			if o := find(w.body(text), "orch_rule:r"); o.Level != c.want || !strings.Contains(o.Detail, c.detail) {
				t.Errorf("%s, %q; want %s with %q", o.Level, o.Detail, c.want, c.detail)
			}
		})
	}
}

// A line with any spaces that the format allows is a sample, whether a rule needs it or not.
func TestSpacesInSamples(t *testing.T) {
	for _, line := range []string{
		`a{b="c"} 5`, `a{b="c",} 5`, `a{ b = "c" , d="e f" }  5`, `a {b="c"} 5`, "\ta{b=\"c\"}\t5\t1700000000000 ", `a{b="c"}5`, `a{b="c",d="} 1\""} 5`, `{"a",b="c"} 5`,
	} {
		w := watch(t, false, rule.Spec{Name: "r", Field: `a{b="c"}`, Raise: "> 0"}, rule.Spec{Name: "s", Field: "other", Raise: "> 0"})
		if o := find(w.body("up 1\n"+line), "orch_rule:r"); o.Value != 5 {
			t.Errorf("%s: %s, %q; want 5", line, o.Level, o.Detail)
		}
		watch(t, false, rule.Spec{Name: "r", Field: `a{b="x"}`, Raise: "> 0"}).body("up 1\n" + line)
	}
}
