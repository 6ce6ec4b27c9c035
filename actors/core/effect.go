package core

import (
	"time"

	"orchestrator-watchdog/messages"
)

// Effect is what a Step asks for or lets know beside the next state: a closed set.
// What is to be sent is not among them, since it must outlive a panic: it is in the
// state's outboxes.
//
//sumtype:decl
type Effect interface{ effect() }

// Told says that the core decided to tell something, and why. Its notification does
// not belong to a channel yet.
type Told struct {
	Notification messages.Notification
	Reason       Reason
}

// Suppressed says that news of a signal is held back, once per reason and time.
type Suppressed struct {
	Signal messages.Key
	Level  messages.Level
	Reason Reason
}

// Pending asks a probe to confirm: the debounce of one of its signals is under way.
type Pending struct{ Probe string }

// Renamed says that a signal is called otherwise from now on.
type Renamed messages.Rename

// Retired says that a signal's subject is gone (rule 9).
type Retired struct{ Signal messages.Key }

// Observed is an observation that the core made itself: of a channel, or of signals without
// data.
type Observed struct {
	At          time.Time
	Observation messages.Observation
}

// Outdated says that a policy or window names a signal by a key that it no longer has, and
// so fits nothing.
type Outdated struct {
	Where string // it was written
	Glob  string
	Now   messages.Key // the signal's key
}

func (Outdated) effect() {}

// Answer says what came of what somebody asked for.
type Answer messages.Answer

func (Answer) effect()     {}
func (Retired) effect()    {}
func (Observed) effect()   {}
func (Told) effect()       {}
func (Suppressed) effect() {}
func (Pending) effect()    {}
func (Renamed) effect()    {}
