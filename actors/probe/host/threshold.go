package host

import (
	"fmt"

	"orchestrator-watchdog/messages"
)

// Threshold makes a level of a value that is bad when it is high.
type Threshold struct {
	Raise         float64 // above it: warning
	Clear         float64 // at or below it: ok again; in between, a warning stays one
	RaiseCritical float64 // above it: critical; 0: never
}

// Level judges a value after it was judged as before.
func (t Threshold) Level(value float64, before messages.Level) messages.Level {
	switch {
	case t.RaiseCritical > 0 && value > t.RaiseCritical:
		return messages.Critical
	case value > t.Raise, before > messages.OK && value > t.Clear:
		return messages.Warning
	}
	return messages.OK
}

// text says what a value is held against.
func (t Threshold) text(unit string) string {
	if t.RaiseCritical > 0 {
		return fmt.Sprintf("> %g / %g%s", t.Raise, t.RaiseCritical, unit)
	}
	return fmt.Sprintf("> %g%s", t.Raise, unit)
}

// judge makes an observation of a value, by the level that its signal had before.
func (l levels) judge(o messages.Observation, t Threshold, unit string) messages.Observation {
	o.Level = t.Level(o.Value, l[o.Signal])
	o.Threshold = t.text(unit)
	l[o.Signal] = o.Level
	return o
}

// levels remembers the level of each signal of a probe, for the hysteresis.
type levels map[messages.Key]messages.Level
