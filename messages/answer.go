package messages

import (
	"fmt"
	"time"
)

// Answer is the core's answer to a request: one result for each part of it.
type Answer struct {
	To      Asker
	At      time.Time // when it was asked, by the wall clock
	Results []Result
}

// Result is the result of one part of a request: for one signal, or one silence.
type Result struct {
	Outcome      Outcome
	Signal       Key             // the signal to acknowledge, or the one that the silence was requested for
	Acknowledged Acknowledgement // the signal's present acknowledgement; zero: none
	Silence      SilenceView     // the silence that began or ended; if it is unknown, only the ID is set
	Covers       int             // how many known signals the silence covers
	Critical     []Key           // the covered signals that are critical now
	Why          string          // why the request was refused
}

// SilenceView is a silence as users see it.
type SilenceView struct {
	ID      string
	Signals []string // key globs
	Until   time.Time
	By      string
	Reason  string
}

// Outcome is the outcome of one part of a request.
type Outcome uint8

// The outcomes.
const (
	Acknowledged       Outcome = iota + 1
	AcknowledgedBefore         // somebody had acknowledged the trouble already
	NothingWrong               // the signal is ok, or is a one-shot
	TroubleOver                // the trouble that was named is over
	SignalUnknown
	Silenced
	SilencedBefore // the same request came twice
	SilenceRefused
	Unsilenced
	SilenceUnknown
)

var outcomeNames = [...]string{
	"", "acknowledged", "acknowledged_before", "nothing_wrong", "trouble_over", "signal_unknown",
	"silenced", "silenced_before", "silence_refused", "unsilenced", "silence_unknown",
}

// String returns the outcome as logs and metrics spell it.
func (o Outcome) String() string {
	if int(o) >= len(outcomeNames) {
		return fmt.Sprintf("OUTCOME(%d)", uint8(o))
	}
	return outcomeNames[o]
}

// Done reports whether the requested state now holds.
func (o Outcome) Done() bool {
	switch o {
	case Acknowledged, AcknowledgedBefore, Silenced, SilencedBefore, Unsilenced:
		return true
	case NothingWrong, TroubleOver, SignalUnknown, SilenceRefused, SilenceUnknown:
	}
	return false
}
