package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"orchestrator-watchdog/config/field"
)

// Rule is a rule over the envelope: the signal orch_rule:NAME. Its comparisons stay
// text here; whoever reads them reports a wrong one by Config.Problem.
type Rule struct {
	Path          string // in the file, as orchestrator.rules[0]
	Name          string
	Field         string        // dotted path in the JSON envelope, or a Prometheus sample
	Of            string        // value (default), increase, decrease, rate, age, absent
	Over          time.Duration // of increase, decrease and rate; of absent: for how long; 0: not set
	Raise         string        // as "> 900"; empty: never, or that of absent
	Clear         string        // empty: the opposite of raise
	RaiseCritical string
	Severity      string // warning (default), critical
	While         string // "FIELD COMPARISON": it counts while this holds; empty: always
	Summary       string // for people: what it means and what to do
}

// rules reads the list of rules.
func (l *loader) rules(v value) {
	for _, item := range v.list() {
		r := Rule{Path: item.path, Of: "value", Severity: "warning"}
		if !item.well(func(v value) { v.object(r.keys()); r.check(v) }) {
			continue
		}
		if slices.ContainsFunc(l.config.Orchestrator.Rules, func(other Rule) bool { return other.Name == r.Name }) {
			item.fail("the rule %q stands here twice", r.Name)
			continue
		}
		l.config.Orchestrator.Rules = append(l.config.Orchestrator.Rules, r)
		l.list("orchestrator.rules."+r.Name, r.String(), item)
	}
}

func (r *Rule) keys() fields {
	return fields{
		"name": set(&r.Name, field.Name), "field": set(&r.Field, field.Text), "of": set(&r.Of, ruleOf), "over": set(&r.Over, positive),
		"raise": set(&r.Raise, field.Text), "clear": set(&r.Clear, field.Text), "raise_critical": set(&r.RaiseCritical, field.Text),
		"severity": set(&r.Severity, severity), "while": set(&r.While, field.Text), "summary": set(&r.Summary, field.Text),
	}
}

// check holds what must hold between the parts of a rule.
func (r *Rule) check(v value) {
	overTime := r.Of == "increase" || r.Of == "decrease" || r.Of == "rate"
	switch {
	case r.Name == "":
		v.fail("a rule needs a name")
	case r.Field == "":
		v.fail("the rule %q needs a field", r.Name)
	case r.Of != "absent" && r.Raise == "" && r.RaiseCritical == "":
		v.fail("the rule %q needs raise or raise_critical, such as \"> 900\"", r.Name)
	case overTime && r.Over == 0:
		v.fail("the rule %q needs over: the time of its %s, such as 15m", r.Name, r.Of)
	}
}

func ruleOf(s string) (string, error) {
	if !slices.Contains([]string{"value", "increase", "decrease", "rate", "age", "absent"}, s) {
		return "", fmt.Errorf("%q is none of value, increase, decrease, rate, age, absent", s)
	}
	return s, nil
}

// String shows the parts that are set.
func (r Rule) String() string {
	parts := []string{r.Of, "of", r.Field}
	add := func(name, text string) {
		if text != "" {
			parts = append(parts, name, text)
		}
	}
	if r.Over > 0 {
		add("over", r.Over.String())
	}
	add("raise", r.Raise)
	add("clear", r.Clear)
	add("raise_critical", r.RaiseCritical)
	add("while", r.While)
	add("severity", r.Severity)
	return strings.Join(parts, " ")
}
