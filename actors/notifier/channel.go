package notifier

import (
	"context"
	"time"

	"orchestrator-watchdog/messages"
)

// Channel is one way to tell people: a chat, an Alertmanager, the log. Send is
// never called twice at a time for one channel, also not across restarts.
type Channel interface {
	// Name is the channel's name in logs, metrics and watchdog_delivery:NAME. It holds no secret.
	Name() string
	// Send makes one message of the batch and returns once the other side confirmed
	// it, or with an error (a *Failure where more is known than that it failed).
	// It honours the context's deadline and does not retry: that is the actor's.
	Send(ctx context.Context, batch Batch) (Sent, error)
}

// Fitter is a channel whose messages are bounded: Fit says how many of the items, from
// the first, one message can name. What does not fit travels in the next.
type Fitter interface {
	Fit(items []messages.Notification) int
}

// Slow is a channel whose sends may take longer than others: Timeout is that of one, dial to
// last byte.
type Slow interface{ Timeout() time.Duration }

// Batch is what travels in one message: never empty, one item per signal, plus events.
type Batch struct {
	Items  []messages.Notification
	Plain  bool                    // the other side refused the same with its markup
	Active []messages.Notification // all that this channel was told and is still so, for channels that repeat it
	At     time.Time               // when it was put together
}

// Sent is the other side's confirmation.
type Sent struct {
	MessageID int64 // for replies; 0 where the channel has none
	Moved     bool  // it is in another chat than those before, whose ids are useless now
}

// Failure is an error of Send that says how to go on. Its text never holds a secret.
type Failure struct {
	Err error // what was tried and what the other side said
	// Remedy says what an operator has to do, as "send /start to the bot from that chat"; empty where only waiting helps.
	Remedy string
	// Permanent: the other side refuses for good; retrying faster than slowly is pointless.
	Permanent bool
	// Content: the message was refused for its content; another one may be taken.
	Content bool
	// RetryAfter is the pause that the other side asked for; 0 where it named none.
	RetryAfter time.Duration
}

// Error gives the failure and, where there is one, the remedy.
func (f *Failure) Error() string {
	if f.Remedy == "" {
		return f.Err.Error()
	}
	return f.Err.Error() + ": " + f.Remedy
}

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.Err }
