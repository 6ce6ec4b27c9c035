package messages

import (
	"slices"
	"time"
)

// Observation is the result of one reading for one signal. Debounce and policy are
// applied later, by the core.
type Observation struct {
	Signal  Key
	Level   Level
	Valued  bool // Value is valid
	Bounded bool // Bound is valid
	// Expected says that Unknown is normal now: a window is filling, or the subject does not
	// run. Any other Unknown means that a subject should have a level and has none.
	Expected  bool
	Value     float64
	Bound     float64 // the number in Threshold, in the unit of Value
	Threshold string  // the threshold that the value was compared with, for people: "> 92 %"
	Detail    string  // what a person can act on; text from outside is not escaped yet
	// Needs is the length of a window, if the level is Unknown only because it is not full yet.
	Needs time.Duration
	// Subject identifies the observed thing if its name can change: a container's ID. If a new
	// key has a subject that the core knows under another key of the same kind, the core moves
	// that signal: its trouble goes on under the new name. Empty: the name can't change.
	Subject string
}

// WithValue returns a copy that carries a value.
func (o Observation) WithValue(v float64) Observation {
	o.Value, o.Valued = v, true
	return o
}

// WithBound returns a copy with the bound that its value was compared with, and its text.
func (o Observation) WithBound(bound float64, text string) Observation {
	o.Threshold, o.Bound, o.Bounded = text, bound, true
	return o
}

// Report is the result of one reading of a probe. In the mailbox it replaces an unread
// report of the same probe, so it holds the full state and never a difference.
type Report struct {
	Probe        string
	At           time.Time // when the reading ended
	Took         time.Duration
	Observations []Observation // no one-shots: those travel as Edge
	// Complete says that the observations cover all signals of the probe. A signal that
	// is missing is gone on purpose and is retired, unless Off covers it.
	Complete bool
	Err      string // why the reading failed; empty: it succeeded
	Off      []Off  // signals that are missing in Observations but not gone
	// Interval is the interval of the probe's regular readings; 0: unknown.
	Interval time.Duration
	// Renamed lists the former keys of signals in this report, for renames that Subject can't
	// show: keys of an earlier version in a snapshot. It may be repeated in every report. A
	// rename counts if From is known and not observed in this report, and To is not known.
	Renamed []Rename
}

// Off lists signals that a probe can't judge although they are not gone. A known signal stays,
// without data; an unknown one is not created.
type Off struct {
	Signals []string // keys, or kinds, which stand for all their instances
	Why     string   // and how to switch them on
}

// Covers reports whether o covers the signal.
func (o *Off) Covers(key Key) bool {
	return slices.Contains(o.Signals, string(key)) || slices.Contains(o.Signals, key.Kind())
}

// Rename says that the signal From is now called To. Its state moves, with what was announced.
type Rename struct{ From, To Key }

// Edge is an observation of a one-shot signal. Edges are queued, not replaced.
type Edge struct {
	Probe       string
	At          time.Time
	Observation Observation
}
