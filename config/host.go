package config

import (
	"cmp"
	"fmt"
)

// thresholdRow is one threshold of the host: what it is, and its default.
type thresholdRow struct {
	name    string // below host: in the file, and in Host.Thresholds
	unit    string
	doc     string
	percent bool
	warning bool // it is never critical
	raise   float64
	clear   float64
	worse   float64 // raise_critical; 0: never
}

// thresholds lists the thresholds of the host. The defaults are those of the probes; a
// test holds the two to be the same.
var thresholds = []thresholdRow{
	{name: "memory", unit: "%", percent: true, raise: 92, clear: 88, worse: 97, doc: "host_memory: used memory"},
	{name: "load", unit: "× cores", raise: 2, clear: 1.8, doc: "host_load: 15-minute load"},
	{name: "pressure_cpu", unit: "%", percent: true, raise: 60, clear: 50, doc: "host_pressure:cpu: PSI some avg60"},
	{name: "pressure_memory", unit: "%", percent: true, raise: 10, clear: 8, doc: "host_pressure:memory: PSI full avg60"},
	{name: "pressure_io", unit: "%", percent: true, raise: 60, clear: 50, doc: "host_pressure:io: PSI some avg60"},
	{name: "inodes", unit: "%", percent: true, raise: 90, clear: 88, worse: 97, doc: "host_inodes: used inodes of each mount"},
	{name: "fds", unit: "%", percent: true, raise: 90, clear: 85, doc: "host_fds: open files of file-max"},
	{name: "clock", unit: "s", warning: true, raise: 30, clear: 25, doc: "host_clock: difference from the median of the peers"},
}

func (l *loader) threshold(row *thresholdRow, v value) {
	var t Threshold
	well := v.well(func(v value) {
		known := fields{"raise": setOptional(&t.Raise, row.bound), "clear": setOptional(&t.Clear, row.bound)}
		if !row.warning {
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
	l.config.Host.Thresholds[row.name] = t
	l.config.given["host."+row.name] = given{value: row.shown(t), origin: v.origin()}
}

// check holds that what is raised is not cleared at once. Where clear is not set, it
// comes down with raise.
func (row *thresholdRow) check(t Threshold, v value) {
	raise, worse := *cmp.Or(t.Raise, &row.raise), *cmp.Or(t.RaiseCritical, &row.worse)
	if t.Clear != nil && *t.Clear > raise {
		v.fail("clear (%g) is above raise (%g): what is raised would be cleared at once", *t.Clear, raise)
	}
	if worse != 0 && worse < raise {
		v.fail("raise_critical (%g) is below raise (%g); 0: never critical", worse, raise)
	}
}

// bound reads raise and clear.
func (row *thresholdRow) bound(s string) (float64, error) {
	if row.percent {
		return percent(s)
	}
	n, err := number(s)
	if err == nil && n <= 0 {
		err = fmt.Errorf("%q is not more than 0", s)
	}
	return n, err
}

// worst reads raise_critical, for which 0 is never.
func (row *thresholdRow) worst(s string) (float64, error) {
	if n, err := number(s); err == nil && n == 0 {
		return 0, nil
	}
	return row.bound(s)
}

// shown is the threshold in effect where t is set, for people.
func (row *thresholdRow) shown(t Threshold) string {
	raise := *cmp.Or(t.Raise, &row.raise)
	clearAt := min(raise, row.clear)
	if t.Clear != nil {
		clearAt = *t.Clear
	}
	s := fmt.Sprintf("raise %g, clear %g", raise, clearAt)
	if worse := *cmp.Or(t.RaiseCritical, &row.worse); worse != 0 {
		s += fmt.Sprintf(", raise_critical %g", worse)
	}
	return s + " " + row.unit
}
