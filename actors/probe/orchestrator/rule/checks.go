package rule

import (
	"errors"
	"fmt"
)

// parseComparisons reads raise, clear and raise_critical, and checks that they go together.
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
		raise, critical = critical, nil // critical from the start: parseSeverity saw to it
	}
	if raise == nil {
		return errors.New(`raise: it is missing: say when the rule holds, such as raise: "> 900"`)
	}
	r.raise, r.clear, r.critical = *raise, named["clear"], critical
	return r.agree()
}

// suits checks that the rule's quantity can be compared with the operand at all.
func (r *Rule) suits(o operand) error {
	switch {
	case r.of == ofAbsent && o.type_ != asBoolean:
		return fmt.Errorf("absent is true or false, and %s is %s", o.source, o.type_)
	case r.of.windowed() && o.type_ != asNumber && o.type_ != asDuration:
		return fmt.Errorf("%s is a number, and %s is %s", r.of, o.source, o.type_)
	case r.of == ofAge && o.type_ != asDuration && o.type_ != asNumber:
		return fmt.Errorf("an age is a duration, and %s is %s", o.source, o.type_)
	}
	if r.field.path == nil && r.of == ofValue && o.type_ == asText {
		return errors.New("a Prometheus sample is a number, never a text")
	}
	return nil
}

// agree checks that no value is raised and cleared at once, nor critical without being raised.
func (r *Rule) agree() error {
	for _, c := range []*comparison{r.clear, r.critical} {
		if c != nil && c.operand.type_ != r.raise.operand.type_ {
			return fmt.Errorf("%q compares with %s, and raise: %q with %s", c, c.operand.type_, r.raise, r.raise.operand.type_)
		}
	}
	if r.clear != nil && r.clear.overlap(r.raise) {
		return fmt.Errorf("clear: %q and raise: %q can both hold: what is raised would be cleared at once", r.clear, r.raise)
	}
	if r.critical != nil && r.critical.excess(r.raise) {
		return fmt.Errorf("raise_critical: %q can hold where raise: %q does not", r.critical, r.raise)
	}
	return nil
}
