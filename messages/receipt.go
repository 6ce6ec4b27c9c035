package messages

import "time"

// Receipt tells the core what became of one attempt to send.
type Receipt struct {
	ID      uint64 // counts up per channel over the life of the process
	Channel string
	At      time.Time
	Took    time.Duration
	Items   []Notification // what the message held, as it was sent
	// MessageID is the channel's own id of the message, for replies; 0 where it has none.
	MessageID int64
	Moved     bool   // the message is in another chat than those before
	Err       string // empty: delivered
	Permanent bool   // the channel refuses for good (bad token, blocked, no such chat); Err says what to fix
	RetryIn   time.Duration
	Refusal   Refusal // for what the message holds: says nothing of others
	// Shortened is why the one item was told without its detail: what the channel said of the
	// text. Empty: it was told as it is.
	Shortened string
}

// Refusal says what it means that a channel refused a message for what it holds.
type Refusal uint8

// The refusals.
const (
	NotRefused      Refusal = iota
	RefusedTogether         // its items are tried otherwise: fewer at a time, or without the detail
	RefusedAlone            // its one item can't be told; others can
)

// Delivered tells whether the channel confirmed the message.
func (r Receipt) Delivered() bool { return r.Err == "" }

// Polled tells the core whether a channel can be asked for what people write there: one that
// can't for a while fails, though nothing was to be sent.
type Polled struct {
	At      time.Time
	Channel string
	Err     string // empty: it can again
}
