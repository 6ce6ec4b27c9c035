package config

import (
	"cmp"
	"fmt"

	"orchestrator-watchdog/config/field"
)

// thresholdRow is one threshold of the host, below host in the file.
type thresholdRow struct{ field.Threshold }

func (l *loader) threshold(row thresholdRow, v value) {
	var t Threshold
	well := v.well(func(v value) {
		known := fields{"raise": setOptional(&t.Raise, row.bound), "clear": setOptional(&t.Clear, row.bound)}
		if !row.Warning {
			known["raise_critical"] = setOptional(&t.RaiseCritical, row.worst)
		}
		v.object(known)
	})
	if !well {
		return
	}
	row.check(t, v)
	if l.config.Host.Thresholds == nil {
		l.config.Host.Thresholds = make(map[string]Threshold)
	}
	l.config.Host.Thresholds[row.Name] = t
	l.config.given["host."+row.Name] = given{value: row.shown(t), origin: v.origin()}
}

// check holds that what is raised is not cleared at once. Where clear is not set, it
// comes down with raise.
func (row thresholdRow) check(t Threshold, v value) {
	raise, worse := *cmp.Or(t.Raise, &row.Raise), *cmp.Or(t.RaiseCritical, &row.RaiseCritical)
	if t.Clear != nil && *t.Clear > raise {
		v.fail("clear (%g) is above raise (%g): what is raised would be cleared at once", *t.Clear, raise)
	}
	if worse != 0 && worse < raise {
		v.fail("raise_critical (%g) is below raise (%g); 0: never critical", worse, raise)
	}
}

// bound reads raise and clear.
func (row thresholdRow) bound(s string) (float64, error) {
	if row.Percent {
		return percent(s)
	}
	n, err := number(s)
	if err == nil && n <= 0 {
		err = fmt.Errorf("%q is not more than 0", s)
	}
	return n, err
}

// worst reads raise_critical, for which 0 is never.
func (row thresholdRow) worst(s string) (float64, error) {
	if n, err := number(s); err == nil && n == 0 {
		return 0, nil
	}
	return row.bound(s)
}

// shown is the threshold in effect where t is set, for people.
func (row thresholdRow) shown(t Threshold) string {
	raise := *cmp.Or(t.Raise, &row.Raise)
	clearAt := min(raise, row.Clear)
	if t.Clear != nil {
		clearAt = *t.Clear
	}
	s := fmt.Sprintf("raise %g, clear %g", raise, clearAt)
	if worse := *cmp.Or(t.RaiseCritical, &row.RaiseCritical); worse != 0 {
		s += fmt.Sprintf(", raise_critical %g", worse)
	}
	return s + " " + row.Unit
}
