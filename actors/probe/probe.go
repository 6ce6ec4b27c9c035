package probe

import (
	"context"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/messages"
)

// Probe reads one thing once. Observe is never called twice at a time, also not
// across restarts, so an implementation may keep what it learnt in fields without
// a lock; a panic may leave them in any state, so they are written last.
//
// Observe honours the context's deadline where it can. Where it can't (a hung
// mount), its actor reports the signals as unknown and waits without starting another.
type Probe interface {
	Observe(ctx context.Context) (Reading, error)
}

// Func is a Probe that is one function.
type Func func(ctx context.Context) (Reading, error)

// Observe calls f.
func (f Func) Observe(ctx context.Context) (Reading, error) { return f(ctx) }

// Reading is what one Observe learnt.
//
// With a nil error it is complete: it names every signal the probe has now, and a
// signal that an earlier reading named and this one does not is gone on purpose
// (container removed, rule deleted) and will be retired. A signal whose value could
// not be had is named with messages.Unknown.
//
// With an error (what was tried, why it failed, without secrets) the observations
// count all the same; every signal known from before and not named is unknown.
// A target that is down is an error for the probe's figures and an observation
// (orch_down: critical) for the core.
type Reading struct {
	Observations []messages.Observation // one-shots among them travel as edges
	Notes        []Note
	// Off are signals that have no data now and are not gone for that, beside those of the notes.
	Off     []messages.Off
	Renamed []messages.Rename // see messages.Report
}

// maxDetail is the longest text of a reading, in bytes; probes bound what they quote by less.
const maxDetail = 8 << 10

// Plain is the reading with texts that can be shown anywhere: each is one line, without
// characters that a terminal obeys or that turn the direction of what stands behind them.
func (r Reading) Plain() Reading {
	for i := range r.Observations {
		r.Observations[i].Detail = peer.Line(r.Observations[i].Detail, maxDetail)
	}
	for i := range r.Notes {
		r.Notes[i].Text = peer.Line(r.Notes[i].Text, maxDetail)
	}
	return r
}

// Note is something an operator should read once: its actor logs each different
// one a single time in the life of the process.
type Note struct {
	Event string // the log event: "config_warning", "schema_newer", …
	Text  string // says what to fix
	// Of is the signal whose observation says the same; empty: none does.
	Of messages.Key
	// Normal says that nothing needs fixing: the note is worth a line, and no warning.
	Normal bool
	// Off names the signals that make no level for this reason: keys, and kinds, which stand for
	// all their instances. What was known of them before is gone where the note is Normal, and
	// has no data otherwise: see messages.Off.
	Off []string
}

// String gives the note as people read it.
func (n Note) String() string { return n.Event + ": " + n.Text }
