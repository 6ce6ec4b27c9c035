package messages

import (
	"fmt"
	"time"
)

// News is the kind of a notification.
type News uint8

// The kinds of news.
const (
	Alert     News = iota + 1 // rose from ok
	Worse                     // warning became critical
	Still                     // a reminder
	Recovered                 // fell to ok
	Flapping                  // changes too often
	Event                     // a one-shot happened
	Missed                    // rose from ok and fell to ok while the channel could not be reached
)

var newsNames = [...]string{"", "ALERT", "WORSE", "STILL", "RECOVERED", "FLAPPING", "EVENT", "MISSED"}

// String returns the name as messages show it.
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
	return fmt.Errorf("news %q is not one of ALERT, WORSE, STILL, RECOVERED, FLAPPING, EVENT, MISSED", text)
}

// Notification is one piece of news of one signal for one channel.
type Notification struct {
	Seq    uint64 // identifies it in receipts, and rises from one notification to the next
	News   News
	Signal Key
	Level  Level // the hard level when this was decided, or see Flaps
	Worst  Level // the worst level told since the signal rose from ok
	Value  float64
	Valued bool
	Detail string    // also says that data is missing and the level may be outdated
	Since  time.Time // when the trouble began: the rise from ok (Event: when it happened)
	At     time.Time // when this was decided; for Recovered and Missed also the end of the trouble
	// NotBefore is the earliest time to send it, so that news of one group travels together.
	// Zero: at once.
	NotBefore time.Time
	Count     int   // Event: how many happened since one was last told, including this one
	ReplyTo   int64 // id of the message on this channel that raised the signal; 0: none
	Flaps     bool  // FLAPPING, or STILL while the signal flaps: Level is the worst of its changes
	// Cause is the detail of the trouble that is over (Recovered, Missed).
	Cause string
	// Trouble is the Trouble.Began of this trouble, for buttons and replies. 0: they don't work.
	Trouble int64
	// Acknowledged is the expired acknowledgement that a Still reports. Zero: none.
	Acknowledged Acknowledgement
	// Context is what a person would look up next, in lines; it comes from outside and is not
	// escaped yet. The channel's notifier adds it when it sends; nothing keeps it.
	Context []string `json:"-"`
	// Quote holds lines of a log. It is added and dropped like Context.
	Quote []string `json:"-"`
	// RelatedMessage is the id of the message on this channel about another signal of the same
	// trouble; 0: none. It is added and dropped like Context.
	RelatedMessage int64 `json:"-"`
}

// Text returns the detail to show. For a Missed that is the cause of the trouble, since the
// detail describes the recovery.
func (n Notification) Text() string {
	if n.News == Missed && n.Cause != "" {
		return n.Cause
	}
	return n.Detail
}

// Line returns the text and any expired acknowledgement in one line for logs, with times in UTC.
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

// Rings reports whether the news should wake people. Other news is delivered silently.
func (n Notification) Rings() bool {
	switch n.News {
	case Alert, Worse, Still, Event, Flapping:
		return n.Level == Critical
	case Recovered, Missed:
	}
	return false
}

// Urgent reports whether the news goes first and does not wait for its group. All that rings
// does, except reminders, which lose nothing by waiting.
func (n Notification) Urgent() bool { return n.Rings() && n.News != Still }

// Outbox is the pending news of one channel, oldest first. Besides events it holds at
// most one notification per signal, since later news is folded into it. The core
// replaces the whole outbox with every change.
type Outbox struct {
	Channel string
	Items   []Notification
	Dropped uint64 // events dropped since the start because too many were pending
	// Acked is the highest Receipt.ID of this channel that the core has processed.
	Acked uint64
	// Active is the trouble that this channel was told of and that is not over, for channels
	// that repeat the active alerts (Alertmanager).
	Active []Notification
}
