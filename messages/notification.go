package messages

import (
	"fmt"
	"time"
)

// News is what kind of news a notification is.
type News uint8

// The kinds of news, as the contract names them.
const (
	Alert     News = iota + 1 // rose from ok
	Worse                     // warning became critical
	Still                     // a reminder
	Recovered                 // fell to ok
	Flapping                  // changes too often; silence follows
	Event                     // a one-shot happened
	Missed                    // rose and fell while the channel could not be reached
)

var newsNames = [...]string{"", "ALERT", "WORSE", "STILL", "RECOVERED", "FLAPPING", "EVENT", "MISSED"}

// String gives the word that messages show.
func (n News) String() string {
	if int(n) >= len(newsNames) {
		return fmt.Sprintf("NEWS(%d)", uint8(n))
	}
	return newsNames[n]
}

// MarshalText implements encoding.TextMarshaler.
func (n News) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (n *News) UnmarshalText(text []byte) error {
	for i, name := range newsNames {
		if i > 0 && name == string(text) {
			*n = News(i)
			return nil
		}
	}
	return fmt.Errorf("news %q is none of ALERT, WORSE, STILL, RECOVERED, FLAPPING, EVENT, MISSED", text)
}

// Notification is one piece of news of one signal for one channel.
type Notification struct {
	Seq    uint64 // identity for receipts; a later notification has a higher one
	News   News
	Signal Key
	Level  Level // the level that is told: the hard level when it was decided, or see Flaps
	Worst  Level // the worst level told since the signal rose from ok
	Value  float64
	Valued bool
	Detail string    // says also where data is missing and the level is an old truth
	Since  time.Time // when the trouble began: the rise from ok (an Event: when it happened)
	At     time.Time // when this was decided; for Recovered and Missed also the end of the trouble
	// NotBefore is when the group that the news travels in may leave; zero for news that does not wait.
	NotBefore time.Time
	Count     int   // Event: how many happened since the last one was told, this one included
	ReplyTo   int64 // id of the message on this channel that raised the signal; 0 where there is none
	Flaps     bool  // FLAPPING, and STILL while it lasts: Level is the worst that it changed to
	// Cause is the detail of the trouble that is over (Recovered, Missed).
	Cause string
	// Trouble names the trouble that the news is of, for who answers it; see Trouble.Began.
	// 0: it can't be answered.
	Trouble int64
	// Acknowledged is the acknowledgement that has expired, and that the reminder tells of
	// (Still). The zero value is none.
	Acknowledged Acknowledgement
	// Context are lines that a person would look up next; text from outside, not escaped yet. It
	// is added when the news is sent, and kept nowhere.
	Context []string `json:"-"`
	// Quote are lines of a log, likewise.
	Quote []string `json:"-"`
	// Beside is the message on this channel that told of another sign of the same trouble,
	// likewise; 0: there is none.
	Beside int64 `json:"-"`
}

// Text is the detail that is shown: of what came and went untold its cause, not how well
// things are since.
func (n Notification) Text() string {
	if n.News == Missed && n.Cause != "" {
		return n.Cause
	}
	return n.Detail
}

// Line is the text in one line, with times in UTC, as logs show it. An expired acknowledgement
// is a part of it.
func (n Notification) Line() string {
	text := n.Text()
	if n.Acknowledged.IsZero() {
		return text
	}
	if text != "" {
		text += "; "
	}
	return text + n.Acknowledged.Words(time.UTC)
}

// Rings tells whether people should be woken by the news. What does not ring is
// delivered silently.
func (n Notification) Rings() bool {
	switch n.News {
	case Alert, Worse, Still, Event, Flapping:
		return n.Level == Critical
	case Recovered, Missed:
	}
	return false
}

// Urgent tells whether the news goes ahead of everything else and does not wait for its
// group: what rings, reminders aside, which lose nothing by coming together.
func (n Notification) Urgent() bool { return n.Rings() && n.News != Still }

// Outbox is all that one channel has still to tell, oldest first. There is at most
// one piece of news per signal (news folds into what is true) plus the events.
// The core replaces the whole box with every change.
type Outbox struct {
	Channel string
	Items   []Notification
	Dropped uint64 // events dropped since the start because too many waited
	// Acked is the highest Receipt.ID of this channel that these items account for.
	Acked uint64
	// Active is what this channel has been told and is still so, for channels that
	// repeat the active set (Alertmanager).
	Active []Notification
}
