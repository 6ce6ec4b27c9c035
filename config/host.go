package config

import (
	"fmt"

	"orchestrator-watchdog/config/field"
	"orchestrator-watchdog/messages"
)

// threshold reads one threshold of the host. clear must not be above raise; if clear is not set, it is
// lowered to raise.
func (l *loader) threshold(declared field.Threshold, v value) {
	bound := func(s string) (float64, error) { return thresholdBound(declared, s) }
	t, clearAt := declared.Threshold, (*float64)(nil)
	well := v.well(func(v value) {
		known := fields{"raise": set(&t.Raise, bound), "clear": setOptional(&clearAt, bound)}
		if !declared.Warning {
			known["raise_critical"] = set(&t.RaiseCritical, func(s string) (float64, error) {
				if n, err := field.Number(s); err == nil && n == 0 {
					return 0, nil // never
				}
				return bound(s)
			})
		}
		v.object(known)
	})
	if !well {
		return
	}
	if t.Clear = min(t.Clear, t.Raise); clearAt != nil {
		t.Clear = *clearAt
	}
	if t.Clear > t.Raise {
		v.fail("clear (%g) is above raise (%g): what is raised would be cleared at once", t.Clear, t.Raise)
	}
	if t.RaiseCritical != 0 && t.RaiseCritical < t.Raise {
		v.fail("raise_critical (%g) is below raise (%g); 0: never critical", t.RaiseCritical, t.Raise)
	}
	l.config.Thresholds[declared.Name] = t
	l.config.given["host."+declared.Name] = given{value: thresholdShown(t, declared.Unit), origin: v.origin()}
}

func thresholdBound(declared field.Threshold, s string) (float64, error) {
	if declared.Percent {
		return field.Percent(s)
	}
	n, err := field.Number(s)
	if err == nil && n <= 0 {
		err = fmt.Errorf("%q is not more than 0", s)
	}
	return n, err
}

// thresholdShown returns a threshold as text.
func thresholdShown(t messages.Threshold, unit string) string {
	s := fmt.Sprintf("raise %g, clear %g", t.Raise, t.Clear)
	if t.RaiseCritical != 0 {
		s += fmt.Sprintf(", raise_critical %g", t.RaiseCritical)
	}
	return s + " " + unit
}
