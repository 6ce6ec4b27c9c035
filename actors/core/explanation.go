package core

import (
	"time"

	"orchestrator-watchdog/messages"
)

// Explanation says how a signal came to its level, and what is told of it.
type Explanation struct {
	SignalView
	Policy   Policy    // read-only
	ToldAt   time.Time // when the signal was last told; zero: never
	Toward   Count     // the count under way
	Changes  uint32    // if the signal flaps: how often it changed
	Happened int       // one-shots that were not told yet
}

// Count is the number of observations in a row that support a level other than the hard one.
type Count struct {
	Level   messages.Level
	Seen    uint16 // observations so far; 0: no count is under way
	Needed  uint16 // observations that make Level the hard level
	AtLeast bool   // the observations are at Level or above; false: at Level or below
}

// Explain returns the explanation of a signal; ok is false for an unknown one.
func (s State) Explain(key messages.Key) (x Explanation, ok bool) {
	e := s.signals.get(key)
	if e == nil {
		return x, false
	}
	x = Explanation{SignalView: s.view(e), Policy: *e.policy, Toward: e.toward(e.policy), Happened: e.Uncounted}
	if e.Flapping {
		x.Changes = e.FlapChanges
	}
	if !e.ToldAt.IsZero() {
		x.ToldAt = e.ToldAt.time().Add(-s.skew)
	}
	return x, true
}

// toward returns the count under way.
func (s *Signal) toward(p *Policy) Count {
	switch {
	case s.Hard == messages.OK:
		return Count{messages.Warning, s.AtLeastWarning, p.RaiseTicks, true}
	case s.AtMostOK > 0:
		return Count{messages.OK, s.AtMostOK, p.ClearTicks, false}
	case s.Hard == messages.Warning:
		return Count{messages.Critical, s.AtLeastCritical, p.RaiseTicks, true}
	}
	return Count{messages.Warning, s.AtMostWarning, p.ClearTicks, false}
}
