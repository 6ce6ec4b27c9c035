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

// Told says that the core decided to tell something, and why. Its notification is
// that of no channel yet.
type Told struct {
	Notification messages.Notification
	Reason       Reason
}

// Withheld says that news of a signal is held back, once per reason and time.
type Withheld struct {
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

// Answer says what came of what somebody asked for, part by part.
type Answer struct {
	To      messages.Asker
	At      time.Time // when it was asked, by the wall clock
	Results []Result
}

// Result is what came of one part of a request: of one signal, or one silence.
type Result struct {
	Outcome      Outcome
	Signal       messages.Key             // that was to be acknowledged
	Acknowledged messages.Acknowledgement // the one that it has now; the zero value: none
	Silence      SilenceView              // that began or ended; of one that is not known only the ID
	Covers       int                      // so many known signals a silence covers
	Critical     []messages.Key           // those of them that are critical now
	Why          string                   // it was refused
}

// Outcome is how one part of a request came out.
type Outcome uint8

// The outcomes.
const (
	Acknowledged       Outcome = iota + 1 // it is from now on
	AcknowledgedBefore                    // somebody has taken it on already
	NothingWrong                          // the signal is ok, or is an event that is over
	TroubleOver                           // the signal has another trouble now than was meant
	SignalUnknown
	Silenced       // from now on
	SilencedBefore // the same request came twice
	SilenceRefused
	Unsilenced
	SilenceUnknown
)

var outcomeNames = [...]string{
	"", "acknowledged", "acknowledged_before", "nothing_wrong", "trouble_over", "signal_unknown",
	"silenced", "silenced_before", "silence_refused", "unsilenced", "silence_unknown",
}

// String gives the outcome as logs spell it.
func (o Outcome) String() string { return outcomeNames[o] }

func (Answer) effect()   {}
func (Retired) effect()  {}
func (Observed) effect() {}
func (Told) effect()     {}
func (Withheld) effect() {}
func (Pending) effect()  {}
func (Renamed) effect()  {}
