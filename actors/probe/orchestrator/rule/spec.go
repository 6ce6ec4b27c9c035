package rule

import (
	"cmp"
	"strings"

	"orchestrator-watchdog/config/field"
)

// Spec is the text of a rule in the settings. Only Name, Field and one of Raise and RaiseCritical
// are required.
type Spec struct {
	Name          string // of the signal orch_rule:NAME
	Field         string // a path in the JSON envelope, or a Prometheus sample
	Of            string // value (default), increase, decrease, rate, age or absent
	Over          string // window of increase, decrease and rate; minimum time of absent
	Raise         string // comparison; optional with absent
	Clear         string // comparison, for hysteresis; empty: the opposite of Raise
	RaiseCritical string // comparison; it must imply Raise
	Severity      string // severity of Raise: warning (default) or critical
	While         string // FIELD COMPARISON: the rule applies while this holds
	Summary       string // text for messages; {value} is replaced by the value
}

// Kind declares the items of the list of rules in the settings.
var Kind = field.Kind{
	Name: "rule", New: func() field.Settings { return new(Rule) }, Form: `{name: backlog, field: queue.depth, raise: "> 1000"}`,
	Examples: []string{
		`{name: backlog, field: queue.depth, raise: "> 1000", clear: "< 500"} # without clear: the opposite of raise`,
		`{name: failed_jobs, field: jobs.failed_total, of: increase, over: 1h, raise: "> 50", raise_critical: "> 500"}`,
	},
}

// ItemName implements field.Named.
func (r *Rule) ItemName() string { return r.Name }

// Fields implements field.Settings.
func (r *Rule) Fields() []field.Field {
	text := func(name string, target *string, preset, doc string) field.Field {
		return field.Of(name, target, field.Text).With(field.About{Preset: preset, Doc: doc})
	}
	return []field.Field{
		text("name", &r.Name, "", "name of the signal; unique, without spaces"),
		text("field", &r.Field, "", "dotted path in the JSON envelope (list index allowed), or a Prometheus sample"),
		text("of", &r.Of, string(ofValue), "value, increase, decrease, rate, age (of a timestamp) or absent"),
		text("over", &r.Over, "", "window of an increase, decrease or rate; for absent: how long the field must be missing"),
		text("raise", &r.Raise, "", "`>`, `>=`, `<`, `<=`, `==` or `!=` with a number, duration, bool or \"string\""),
		text("clear", &r.Clear, "the opposite of raise", "a comparison at which it clears, for hysteresis"),
		text("raise_critical", &r.RaiseCritical, "", "a comparison that is critical"),
		text("severity", &r.Severity, "warning", "severity of raise: warning or critical"),
		text("while", &r.While, "always", "field and comparison: the rule applies while this holds"),
		text("summary", &r.Summary, "", "what it means and what to do, for messages"),
	}
}

// Check implements field.Settings: it parses the rule.
func (r *Rule) Check() []error {
	if err := r.parse(); err != nil {
		return []error{err}
	}
	return nil
}

// String shows the parts of a valid rule.
func (r *Rule) String() string {
	parts := []string{string(r.of), "of", r.field.text}
	add := func(name, text string) {
		if text != "" {
			parts = append(parts, name, text)
		}
	}
	if r.over > 0 {
		add("over", r.over.String())
	}
	add("raise", r.Raise)
	add("clear", r.Clear)
	add("raise_critical", r.RaiseCritical)
	add("while", r.While)
	add("severity", cmp.Or(r.Severity, "warning"))
	return strings.Join(parts, " ")
}
