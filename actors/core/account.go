package core

import (
	"time"

	"orchestrator-watchdog/messages"
)

// Account is how a signal came to its level, and what is done about it.
type Account struct {
	SignalView
	Policy   Policy    // it is not to be changed
	ToldAt   time.Time // when it was last told; zero: never
	Toward   Count     // that is under way
	Changes  uint32    // of a signal that flaps
	Happened int       // one-shots that were not told yet
}

// Count is observations in a row that speak for another level than the hard one.
type Count struct {
	Level   messages.Level
	Seen    uint16 // observations so far; 0: no count is under way
	Needed  uint16 // observations that make Level the hard level
	AtLeast bool   // they are at the level or above; otherwise, or below
}

// Account gives the account of a signal; ok is false for one that is not known.
func (s State) Account(key messages.Key) (a Account, ok bool) {
	e := s.signals.get(key)
	if e == nil {
		return a, false
	}
	a = Account{SignalView: s.view(e), Policy: *e.policy, Toward: e.toward(e.policy), Happened: e.Uncounted}
	if e.Flapping {
		a.Changes = e.FlapChanges
	}
	if !e.ToldAt.IsZero() {
		a.ToldAt = e.ToldAt.Add(-s.skew)
	}
	return a, true
}

// toward is the count that is under way.
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
