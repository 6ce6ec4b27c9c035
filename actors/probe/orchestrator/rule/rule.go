package rule

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"orchestrator-watchdog/messages"
)

// Rule is a rule: its Spec and, after Parse or Check, what the Spec means.
type Rule struct {
	Spec
	Preset bool // a default rule: it is off while the answer lacks its fields

	field    Field
	of       quantity
	over     time.Duration
	raise    comparison
	clear    *comparison // nil: the opposite of raise
	critical *comparison // nil: none
	severity messages.Level
	while    *guard // nil: always
}

// Key returns the key of the rule's signal.
func (r *Rule) Key() messages.Key { return messages.NewKey("orch_rule", r.Name) }

// guard is the while condition of a rule.
type guard struct {
	field   Field
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

// windowed reports whether the quantity needs a window.
func (q quantity) windowed() bool { return q == ofIncrease || q == ofDecrease || q == ofRate }

// maxOver bounds a window: each restart of the watchdog clears it, so a longer one may never fill.
const maxOver = 7 * 24 * time.Hour

// Parse parses a rule. Its error is one line that names every wrong key and says what to fix.
func Parse(s Spec) (Rule, error) {
	r := Rule{Spec: s}
	return r, r.parse()
}

func (r *Rule) parse() error {
	r.of, r.severity = quantity(r.Of), messages.Warning
	var wrong []string
	fail := func(key string, err error) {
		if err != nil {
			wrong = append(wrong, key+": "+err.Error())
		}
	}
	var err error
	fail("name", checkName(r.Name))
	r.field, err = parseField(r.Field)
	fail("field", err)
	fail("of", r.parseQuantity())
	fail("over", r.parseOver())
	fail("severity", r.parseSeverity())
	fail("while", r.parseWhile(r.While))
	if len(wrong) == 0 {
		if err = r.parseComparisons(); err != nil {
			wrong = append(wrong, err.Error())
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("rule %q: %s", shortened(r.Name, 80), strings.Join(wrong, "; "))
	}
	return nil
}

func checkName(name string) error {
	if name == "" || len(name) > 100 || !utf8.ValidString(name) ||
		strings.ContainsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return errors.New("it is empty, longer than 100 bytes, or contains spaces: it is part of the signal's key orch_rule:NAME")
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

func (r *Rule) parseOver() error {
	if r.Over == "" {
		if r.of.windowed() {
			return fmt.Errorf("of: %s needs a window, such as over: 15m", r.of)
		}
		return nil
	}
	if !r.of.windowed() && r.of != ofAbsent {
		return fmt.Errorf("of: %s has no window: leave over out, or use increase, decrease, rate or absent", r.of)
	}
	var err error
	if r.over, err = parseDuration(r.Over); err != nil {
		return fmt.Errorf("%q is not a duration such as 15m", shortened(r.Over, 80))
	}
	if r.over <= 0 || r.over > maxOver {
		return fmt.Errorf("%s is not between 0s and 7d", r.Over)
	}
	return nil
}

func (r *Rule) parseSeverity() error {
	switch {
	case r.Severity != "" && r.Severity != "warning" && r.Severity != "critical":
		return fmt.Errorf("%q is neither warning nor critical", shortened(r.Severity, 80))
	case r.Severity == "critical" && r.RaiseCritical != "" && r.Raise != "":
		return errors.New("raise would be critical already: leave out severity, or raise_critical")
	case r.Severity == "critical" || r.RaiseCritical != "" && r.Raise == "":
		r.severity = messages.Critical
	}
	return nil
}

// parseWhile parses a field and a comparison. The comparison begins at the first operator outside
// of quotes and braces.
func (r *Rule) parseWhile(s string) error {
	if s == "" {
		return nil
	}
	at := operatorAt(s)
	if at < 0 {
		return fmt.Errorf("%q is not a condition such as queue.depth > 0", shortened(s, 80))
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
