package messages

import (
	"fmt"
	"time"
)

// Answer says what came of what somebody asked for, part by part.
type Answer struct {
	To      Asker
	At      time.Time // when it was asked, by the wall clock
	Results []Result
}

// Result is what came of one part of a request: of one signal, or one silence.
type Result struct {
	Outcome      Outcome
	Signal       Key             // that was to be acknowledged, or whose trouble a silence was about
	Acknowledged Acknowledgement // the one that it has now; the zero value: none
	Silence      SilenceView     // that began or ended; of one that is not known only the ID
	Covers       int             // so many known signals a silence covers
	Critical     []Key           // those of them that are critical now
	Why          string          // it was refused
}

// SilenceView is a silence as the outside sees it.
type SilenceView struct {
	ID      string
	Signals []string // key globs
	Until   time.Time
	By      string
	Reason  string
}

// Outcome is how one part of a request came out.
type Outcome uint8

// The outcomes.
const (
	Acknowledged       Outcome = iota + 1 // it is from now on
	AcknowledgedBefore                    // somebody has taken it on already
	NothingWrong                          // the signal is ok, or is an event that is over
	TroubleOver                           // the signal has not the trouble that was meant
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

// String gives the outcome as logs and metrics spell it.
func (o Outcome) String() string {
	if int(o) >= len(outcomeNames) {
		return fmt.Sprintf("OUTCOME(%d)", uint8(o))
	}
	return outcomeNames[o]
}

// Done tells whether what was asked for is so now.
func (o Outcome) Done() bool {
	switch o {
	case Acknowledged, AcknowledgedBefore, Silenced, SilencedBefore, Unsilenced:
		return true
	case NothingWrong, TroubleOver, SignalUnknown, SilenceRefused, SilenceUnknown:
	}
	return false
}
