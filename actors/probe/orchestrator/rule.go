package orchestrator

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"orchestrator-watchdog/messages"
)

// RuleSpec is a rule as settings spell it. Everything but Name, Field and one of Raise
// and RaiseCritical may be empty.
type RuleSpec struct {
	Name          string // of the signal orch_rule:NAME
	Field         string // a path in the JSON envelope, or a Prometheus sample
	Of            string // value (default), increase, decrease, rate, age or absent
	Over          string // the window of increase, decrease and rate; of absent: for how long
	Raise         string // a comparison; with Of absent it may be empty
	Clear         string // hysteresis; empty: the opposite of Raise
	RaiseCritical string // a narrower comparison
	Severity      string // of Raise: warning (default) or critical
	While         string // FIELD COMPARISON: the rule counts while this holds
	Summary       string // what to tell people; {value} stands for the value
}

// Rule is a rule that was found to be in order.
type Rule struct {
	name     string
	field    field
	of       quantity
	over     time.Duration
	raise    comparison
	clear    *comparison // nil: the opposite of raise
	critical *comparison // nil: none
	severity messages.Level
	while    *guard // nil: always
	summary  string
	preset   bool // one of the default rules: off until its fields are seen
}

// guard is a condition for a rule to count.
type guard struct {
	field   field
	compare comparison
}

func (g guard) String() string { return g.field.text + " " + g.compare.String() }

// quantity is what a rule compares.
type quantity string

const (
	ofValue    quantity = "value"
	ofIncrease quantity = "increase"
	ofDecrease quantity = "decrease"
	ofRate     quantity = "rate"
	ofAge      quantity = "age"
	ofAbsent   quantity = "absent"
)

// windowed tells whether the quantity looks back.
func (q quantity) windowed() bool { return q == ofIncrease || q == ofDecrease || q == ofRate }

// maxOver bounds a window: beyond it the watchdog's own restarts spoil it.
const maxOver = 7 * 24 * time.Hour

// ParseRule checks a rule. Its error is one line that names every key that is wrong, and says what to fix.
func ParseRule(s RuleSpec) (Rule, error) {
	r := Rule{name: s.Name, of: quantity(s.Of), severity: messages.Warning, summary: s.Summary}
	var wrong []string
	fail := func(key string, err error) {
		if err != nil {
			wrong = append(wrong, key+": "+err.Error())
		}
	}
	var err error
	fail("name", checkName(s.Name))
	r.field, err = parseField(s.Field)
	fail("field", err)
	fail("of", r.parseQuantity())
	fail("over", r.parseOver(s.Over))
	fail("severity", r.parseSeverity(s))
	fail("while", r.parseWhile(s.While))
	if len(wrong) == 0 {
		if err = r.parseComparisons(s); err != nil {
			wrong = append(wrong, err.Error())
		}
	}
	if len(wrong) > 0 {
		return Rule{}, fmt.Errorf("rule %q: %s", shortened(s.Name, 80), strings.Join(wrong, "; "))
	}
	return r, nil
}

func checkName(name string) error {
	if name == "" || len(name) > 100 || !utf8.ValidString(name) ||
		strings.ContainsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return errors.New("it is empty, longer than 100 bytes, or holds spaces: it has to stand in the signal's key orch_rule:NAME")
	}
	return nil
}

func (r *Rule) parseQuantity() error {
	switch r.of {
	case "":
		r.of = ofValue
	case ofValue, ofIncrease, ofDecrease, ofRate, ofAge, ofAbsent:
	default:
		return fmt.Errorf("%q is none of value, increase, decrease, rate, age, absent", shortened(string(r.of), 80))
	}
	return nil
}

func (r *Rule) parseOver(text string) error {
	if text == "" {
		if r.of.windowed() {
			return fmt.Errorf("of: %s needs a window, such as over: 15m", r.of)
		}
		return nil
	}
	if !r.of.windowed() && r.of != ofAbsent {
		return fmt.Errorf("of: %s has no window: leave over out, or use increase, decrease, rate or absent", r.of)
	}
	var err error
	if r.over, err = parseDuration(text); err != nil {
		return fmt.Errorf("%q is no duration such as 15m", shortened(text, 80))
	}
	if r.over <= 0 || r.over > maxOver {
		return fmt.Errorf("%s is not between 0s and 7d", text)
	}
	return nil
}

func (r *Rule) parseSeverity(s RuleSpec) error {
	switch {
	case s.Severity != "" && s.Severity != "warning" && s.Severity != "critical":
		return fmt.Errorf("%q is neither warning nor critical", shortened(s.Severity, 80))
	case s.Severity == "critical" && s.RaiseCritical != "" && s.Raise != "":
		return errors.New("raise would be critical already: leave out severity, or raise_critical")
	case s.Severity == "critical" || s.RaiseCritical != "" && s.Raise == "":
		r.severity = messages.Critical
	}
	return nil
}

// parseWhile reads a field and a comparison, which begins at the first operator
// outside of quotes and braces.
func (r *Rule) parseWhile(s string) error {
	if s == "" {
		return nil
	}
	at := operatorAt(s)
	if at < 0 {
		return fmt.Errorf("%q is no condition such as queue.depth > 0", shortened(s, 80))
	}
	f, err := parseField(s[:at])
	if err != nil {
		return fmt.Errorf("its field: %w", err)
	}
	c, err := parseComparison(s[at:])
	if err != nil {
		return err
	}
	r.while = &guard{f, *c}
	return nil
}

func operatorAt(s string) int {
	quoted, braces := false, 0
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case quoted:
		case s[i] == '{':
			braces++
		case s[i] == '}':
			braces--
		case braces == 0 && strings.IndexByte("<>=!", s[i]) >= 0:
			return i
		}
	}
	return -1
}
