package messages

import "time"

// Observation is what one reading says of one signal. It knows nothing of
// debounce or policy: those are the core's.
type Observation struct {
	Signal    Key
	Level     Level
	Value     float64 // meaningful only where Valued is set
	Valued    bool
	Threshold string // what the value was held against, for people: "> 92 %"
	Detail    string // what a person can act on; text from outside is not escaped yet
	// Expected says of Unknown that it is right to have no data now: a window fills, or the
	// subject does not run. Any other Unknown is a subject that should be judged and is not.
	Expected bool
}

// WithValue returns a copy that carries a value.
func (o Observation) WithValue(v float64) Observation {
	o.Value, o.Valued = v, true
	return o
}

// Report is what a probe says after one reading. In the mailbox of reports the
// latest one of a probe replaces an unread earlier one, so a report always tells
// the whole truth of its probe and never a difference.
type Report struct {
	Probe        string
	At           time.Time // when the reading ended
	Took         time.Duration
	Observations []Observation // no one-shots: those travel as Edge
	// Complete says that the observations are all signals the probe has: one
	// that it reported earlier and does not now is gone on purpose and is retired.
	Complete bool
	Err      string // why the reading failed; empty for a good one
}

// Edge is an observation of a one-shot signal. Edges are queued, not replaced.
type Edge struct {
	Probe       string
	At          time.Time
	Observation Observation
}
