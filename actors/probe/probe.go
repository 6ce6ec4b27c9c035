package probe

import (
	"context"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/messages"
)

// Probe reads the state of one thing.
//
// Calls of Observe never overlap, even across restarts of the actor, so an implementation may
// keep state in fields without a lock. It writes them last: a panic may come at any point.
//
// Observe returns by the context's deadline if it can. If it hangs, as on a hung mount, the actor
// reports the signals as unknown and starts no other reading until it returns.
type Probe interface {
	Observe(ctx context.Context) (Reading, error)
}

// Func is a function that implements Probe.
type Func func(ctx context.Context) (Reading, error)

// Observe calls f.
func (f Func) Observe(ctx context.Context) (Reading, error) { return f(ctx) }

// Reading is the result of one Observe.
//
// Without an error it is complete: it contains every signal that the probe has now. A signal of
// an earlier reading that is missing from it is gone on purpose (container removed, rule
// deleted) and is retired. A signal without a value is observed as messages.Unknown.
//
// With an error, which says without secrets what was tried and why it failed, the observations
// still count, and all other known signals are unknown. If a target is down, that is both an
// error, for the metrics of the probe, and an observation (orch_down: critical) for the core.
type Reading struct {
	Observations []messages.Observation // one-shots among them are sent as edges
	Notes        []Note
	// Off lists signals that have no data now but are not gone, in addition to those of the notes.
	Off     []messages.Off
	Renamed []messages.Rename // see messages.Report
}

// maxDetail bounds each text of a reading, in bytes. Probes have smaller bounds for what they quote.
const maxDetail = 8 << 10

// Plain returns the reading with texts that are safe to show anywhere: each is one line without
// terminal control characters or characters that change the text direction.
func (r Reading) Plain() Reading {
	for i := range r.Observations {
		r.Observations[i].Detail = peer.Line(r.Observations[i].Detail, maxDetail)
	}
	for i := range r.Notes {
		r.Notes[i].Text = peer.Line(r.Notes[i].Text, maxDetail)
	}
	return r
}

// Note is something that an operator should read once. The actor logs each different note once
// per process.
type Note struct {
	Event string // the log event: "config_warning", "schema_newer", …
	Text  string // says what to fix
	// Of is the signal whose observation says the same; empty if there is none.
	Of messages.Key
	// Normal marks a note about which nothing needs to be done. It is logged at info level.
	Normal bool
	// Off lists the signals that have no level for this reason, as keys or as kinds, which stand
	// for all their instances. If the note is Normal the signals are gone; otherwise they have no
	// data: see messages.Off.
	Off []string
}

// String returns the event and the text.
func (n Note) String() string { return n.Event + ": " + n.Text }
