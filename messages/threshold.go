package messages

import (
	"fmt"
)

// Threshold makes a level of a value that is bad when it is high.
type Threshold struct {
	Raise         float64 // above it: warning
	Clear         float64 // at or below it: ok again; in between, a warning stays one
	RaiseCritical float64 // above it: critical; 0: never. Equal to Raise: critical at once
}

// Level judges a value after it was judged as before. Critical has a band of its
// own below RaiseCritical, as wide as that from Raise to Clear: so a value that
// swings around either bound changes its level once, and a higher value never has
// the lower level.
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

// above tells whether a value is above raise or, where it was, above clear still.
func above(value, raise, clearAt float64, was bool) bool {
	return value > raise || was && value > clearAt
}

// Judge gives the observation the level of its value, after it was judged as before, and says
// what the value is held against: the bound that it is above, or the first one.
func (t Threshold) Judge(o Observation, before Level, unit string) Observation {
	o.Level = t.Level(o.Value, before)
	bound := t.Raise
	if o.Level == Critical {
		bound = t.RaiseCritical
	}
	return o.Against(bound, fmt.Sprintf("> %g%s", bound, unit))
}
