package rule

import (
	"errors"
	"fmt"
)

// parseComparisons parses raise, clear and raise_critical, and checks that they are consistent.
func (r *Rule) parseComparisons() error {
	raiseText := r.Raise
	if r.of == ofAbsent && r.Raise == "" && r.RaiseCritical == "" {
		raiseText = "== true"
	}
	named := map[string]*comparison{}
	for _, c := range []struct{ key, text string }{{"raise", raiseText}, {"clear", r.Clear}, {"raise_critical", r.RaiseCritical}} {
		if c.text == "" {
			continue
		}
		parsed, err := parseComparison(c.text)
		if err == nil {
			err = r.suits(parsed.operand)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", c.key, err)
		}
		named[c.key] = parsed
	}
	raise, critical := named["raise"], named["raise_critical"]
	if raise == nil {
		raise, critical = critical, nil // parseSeverity has set the severity to critical
	}
	if raise == nil {
		return errors.New(`raise: it is missing: say when the rule holds, such as raise: "> 900"`)
	}
	r.raise, r.clear, r.critical = *raise, named["clear"], critical
	return r.agree()
}

// suits checks that the rule's quantity can be compared with the operand.
func (r *Rule) suits(o operand) error {
	switch {
	case r.of == ofAbsent && o.typ != typeBoolean:
		return fmt.Errorf("absent is true or false, and %s is %s", o.source, o.typ)
	case r.of.windowed() && o.typ != typeNumber && o.typ != typeDuration:
		return fmt.Errorf("%s is a number, and %s is %s", r.of, o.source, o.typ)
	case r.of == ofAge && o.typ != typeDuration && o.typ != typeNumber:
		return fmt.Errorf("an age is a duration, and %s is %s", o.source, o.typ)
	}
	if r.field.path == nil && r.of == ofValue && o.typ == typeText {
		return errors.New("a Prometheus sample is a number, never a text")
	}
	return nil
}

// agree checks that no value both raises and clears, and that every critical value also raises.
func (r *Rule) agree() error {
	for _, c := range []*comparison{r.clear, r.critical} {
		if c != nil && c.operand.typ != r.raise.operand.typ {
			return fmt.Errorf("%q compares with %s, and raise: %q with %s", c, c.operand.typ, r.raise, r.raise.operand.typ)
		}
	}
	if r.clear != nil && r.clear.overlap(r.raise) {
		return fmt.Errorf("clear: %q and raise: %q can both hold: the signal would clear as soon as it is raised", r.clear, r.raise)
	}
	if r.critical != nil && r.critical.excess(r.raise) {
		return fmt.Errorf("raise_critical: %q can hold where raise: %q does not", r.critical, r.raise)
	}
	return nil
}
