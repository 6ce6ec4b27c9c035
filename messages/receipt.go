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
}

// Delivered tells whether the channel confirmed the message.
func (r Receipt) Delivered() bool { return r.Err == "" }
