package messages

import (
	"fmt"
	"time"
)

// Asker is who asks the watchdog for something.
type Asker struct {
	Name    string // as people know them; text from outside, not escaped yet
	Channel string // where they asked, and where the answer goes
	// Request names the request there: one that comes twice is obeyed once. It may be empty.
	Request string
}

// Trouble names one trouble of one signal, so that who answers an old one does not touch a
// later one.
type Trouble struct {
	Signal Key
	// Began is when the trouble began, in Unix nanoseconds by the clock as it was then. It is
	// an identity and no time to show. 0 is the present trouble, whichever it is.
	Began int64
}

// Acknowledgement says who has taken a trouble on, and when. The zero value is none.
type Acknowledgement struct {
	By string
	At time.Time
}

// IsZero tells whether it is none.
func (a Acknowledgement) IsZero() bool { return a.At.IsZero() }

// Words says who acknowledged a trouble and when, of an acknowledgement that has expired.
func (a Acknowledgement) Words(zone *time.Location) string {
	return fmt.Sprintf("acknowledged by %s at %s; that has expired", a.By, a.At.In(zone).Format("2006-01-02 15:04:05 MST"))
}

// Acknowledge says that somebody takes troubles on: people are not reminded of them.
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

// Silence asks that nothing is told of some signals for a while.
type Silence struct {
	At      time.Time
	By      Asker
	Signals []string // key globs
	For     time.Duration
	Reason  string // may be empty
	// Of is the trouble that it was asked for about: over that it does nothing. The zero value:
	// whatever is wrong, or nothing.
	Of Trouble
	// ID is what a log says that the silence was called; empty: the core gives it the next one.
	ID string
}

// Unsilence ends silences before their time.
type Unsilence struct {
	At  time.Time
	By  Asker
	IDs []string
	All bool // every silence that there is
}
