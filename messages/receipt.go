package messages

import "time"

// Receipt tells the core the result of one attempt to send.
type Receipt struct {
	ID      uint64 // counts up per channel while the process lives
	Channel string
	At      time.Time
	Took    time.Duration
	Items   []Notification // the content of the message
	// MessageID is the channel's own id of the message, for replies; 0: none.
	MessageID int64
	Moved     bool   // the message went to another chat than the previous one
	Err       string // empty: delivered
	Permanent bool   // the channel refuses for good (bad token, blocked, no such chat); Err says what to fix
	RetryIn   time.Duration
	Refusal   Refusal // the channel refused the content of this message; others may pass
	// Shortened is the channel's error about the text, if the only item was sent without its
	// detail for that. Empty: it was sent in full.
	Shortened string
}

// Refusal says how a channel refused the content of a message.
type Refusal uint8

// The refusals.
const (
	NotRefused      Refusal = iota
	RefusedTogether         // its items are retried: fewer at a time, or without the detail
	RefusedAlone            // its only item can't be delivered
)

// Delivered reports whether the channel confirmed the message.
func (r Receipt) Delivered() bool { return r.Err == "" }

// Polled tells the core whether polling a channel for what people write works. If it fails for
// a while, the channel counts as failing, although nothing was sent.
type Polled struct {
	At      time.Time
	Channel string
	Err     string // empty: polling works again
}
