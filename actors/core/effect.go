package core

import (
	"time"

	"orchestrator-watchdog/messages"
)

// Effect is the closed set of what a Step returns besides the next state. News to send is
// not an effect: it is in the state's outboxes, so that it survives a panic.
//
//sumtype:decl
type Effect interface{ effect() }

// Told says that the core decided to tell news, and why. The notification is not adapted to
// a channel yet.
type Told struct {
	Notification messages.Notification
	Reason       Reason
}

// Suppressed says that news of a signal is held back. It is sent once for each reason.
type Suppressed struct {
	Signal messages.Key
	Level  messages.Level
	Reason Reason
}

// Pending asks a probe to read again soon: the debounce of one of its signals is under way.
type Pending struct{ Probe string }

// Renamed says that a signal has a new key.
type Renamed messages.Rename

// Retired says that a signal's subject is gone (rule 9).
type Retired struct{ Signal messages.Key }

// Observed is an observation that the core made itself: of a channel, of missing data, or of a
// crash.
type Observed struct {
	At          time.Time
	Observation messages.Observation
}

// Outdated says that a policy or window matches only a former key of a signal.
type Outdated struct {
	Where string // where it is written
	Glob  string
	Now   messages.Key // the present key
}

func (Outdated) effect() {}

// Answer is the answer to a request.
type Answer messages.Answer

func (Answer) effect()     {}
func (Retired) effect()    {}
func (Observed) effect()   {}
func (Told) effect()       {}
func (Suppressed) effect() {}
func (Pending) effect()    {}
func (Renamed) effect()    {}
