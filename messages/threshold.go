package messages

import (
	"fmt"
)

// Threshold turns a value that is bad when it is high into a level. Negate one that is bad when
// it is low, together with its bounds.
type Threshold struct {
	Raise         float64 // above it: warning
	Clear         float64 // at or below it: ok; between Clear and Raise a warning stays
	RaiseCritical float64 // above it: critical; 0: never; equal to Raise: never just warning
}

// Level returns the level of a value, given the level before. Critical has its own band
// below RaiseCritical, as wide as that from Clear to Raise. So a value that swings
// around either bound changes its level once, and a higher value never has a lower level.
func (t Threshold) Level(value float64, before Level) Level {
	band := t.Raise - t.Clear
	switch {
	case t.RaiseCritical != 0 && above(value, t.RaiseCritical, t.RaiseCritical-band, before >= Critical):
		return Critical
	case above(value, t.Raise, t.Clear, before >= Warning):
		return Warning
	}
	return OK
}

// above reports whether a value is above raise, or above clearAt if it was above raise before.
func above(value, raise, clearAt float64, was bool) bool {
	return value > raise || was && value > clearAt
}

// Judge returns the observation with the level of its value, given the level before, and with
// the bound of that level (of warning, if it is ok).
func (t Threshold) Judge(o Observation, before Level, unit string) Observation {
	o.Level = t.Level(o.Value, before)
	bound := t.Raise
	if o.Level == Critical {
		bound = t.RaiseCritical
	}
	return o.WithBound(bound, fmt.Sprintf("> %g%s", bound, unit))
}
