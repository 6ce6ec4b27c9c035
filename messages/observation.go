package messages

import (
	"slices"
	"time"
)

// Observation is what one reading says of one signal. It knows nothing of
// debounce or policy: those are the core's.
type Observation struct {
	Signal  Key
	Level   Level
	Valued  bool // Value says something
	Bounded bool // Bound does
	// Expected says of Unknown that it is right to have no data now: a window fills, or the
	// subject does not run. Any other Unknown is a subject that should be judged and is not.
	Expected  bool
	Value     float64
	Bound     float64 // the number in Threshold, in the unit of Value
	Threshold string  // what the value was held against, for people: "> 92 %"
	Detail    string  // what a person can act on; text from outside is not escaped yet
	// Needs is the window that is not full yet, where that alone keeps it from a level.
	Needs time.Duration
	// Subject identifies what was observed where its name can change: a container's ID. The
	// core moves a signal whose key is new and whose subject is known under another key of
	// the same kind: a rename is one trouble, told under the new name. Empty: the key is all.
	Subject string
}

// WithValue returns a copy that carries a value.
func (o Observation) WithValue(v float64) Observation {
	o.Value, o.Valued = v, true
	return o
}

// Against returns a copy that was held against a bound, with its text.
func (o Observation) Against(bound float64, text string) Observation {
	o.Threshold, o.Bound, o.Bounded = text, bound, true
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
	// that it reported earlier and does not now is gone on purpose and is retired,
	// unless Off names it.
	Complete bool
	Err      string // why the reading failed; empty for a good one
	Off      []Off  // of signals that are not named, and not gone for that
	// Interval is the pace of the probe's regular readings; 0 where it is not known.
	Interval time.Duration
	// Renamed names keys under which signals of this report were known before, where
	// Subject does not say it: keys of an earlier version, as snapshots hold them. A probe
	// may repeat it in every report: a rename counts where From is known and not observed
	// in this report, and To is not known yet.
	Renamed []Rename
}

// Off says that a probe can't judge signals though they are not gone: by key, or by kind, which
// stands for all instances. One that was known before stays, without data, and one that never
// was known makes no signal.
type Off struct {
	Signals []string
	Why     string // and how to switch them on
}

// Of tells whether the signal is one of them.
func (o *Off) Of(key Key) bool {
	return slices.Contains(o.Signals, string(key)) || slices.Contains(o.Signals, key.Kind())
}

// Rename says that the signal From is called To now: its state, and what people were told
// of it, moves.
type Rename struct{ From, To Key }

// Edge is an observation of a one-shot signal. Edges are queued, not replaced.
type Edge struct {
	Probe       string
	At          time.Time
	Observation Observation
}
