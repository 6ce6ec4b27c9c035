package messages

import (
	"fmt"
	"time"
)

// Asker is the sender of a request to the watchdog.
type Asker struct {
	Name    string // shown to people; it comes from outside and is not escaped yet
	Channel string // where the request came from and the answer goes
	// Request identifies the request on the channel, so that a repeated one is obeyed once. It
	// may be empty.
	Request string
}

// Trouble identifies one trouble of one signal, so that an answer to an old trouble does nothing
// to a later one.
type Trouble struct {
	Signal Key
	// Began is when the trouble began, in Unix nanoseconds of the clock at that time. It is an
	// identifier, not a time to show. 0 stands for the present trouble.
	Began int64
}

// Acknowledgement says who acknowledged a trouble, and when. The zero value is none.
type Acknowledgement struct {
	By string
	At time.Time
}

// IsZero reports whether there is no acknowledgement.
func (a Acknowledgement) IsZero() bool { return a.At.IsZero() }

// Words returns the sentence about an expired acknowledgement.
func (a Acknowledgement) Words(zone *time.Location) string {
	return fmt.Sprintf("acknowledged by %s at %s; that has expired", a.By, a.At.In(zone).Format("2006-01-02 15:04:05 MST"))
}

// Acknowledge asks the core to acknowledge troubles: people are not reminded of them.
type Acknowledge struct {
	At       time.Time
	By       Asker
	Troubles []Trouble
}

// Bounds of a Silence.
const (
	MaxSilence      = 30 * 24 * time.Hour // how far ahead its end may lie
	MaxSilenceGlobs = 50
	MaxGlobLength   = 300 // of one glob, in bytes: longer than any key
)

// Silence asks the core to tell nothing of some signals for a while.
type Silence struct {
	At      time.Time
	By      Asker
	Signals []string // key globs
	For     time.Duration
	Reason  string // may be empty
	// Trouble is the trouble that the request is about. If it is over, nothing is silenced. The zero
	// value: the request depends on no trouble.
	Trouble Trouble
	// ID is the silence's ID in a replayed log; empty: the core assigns the next one.
	ID string
}

// Unsilence asks the core to end silences before their time.
type Unsilence struct {
	At  time.Time
	By  Asker
	IDs []string
	All bool // end every silence
}
