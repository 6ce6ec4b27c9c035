package notifier

import (
	"context"
	"time"

	"orchestrator-watchdog/messages"
)

// Channel is one way to tell people: a chat, an Alertmanager, the log. Calls of Send for one
// channel never overlap, not even when the actor restarts.
type Channel interface {
	// Name is the channel's name in logs, metrics and watchdog_delivery:NAME. It holds no secret.
	Name() string
	// Send sends the batch as one message and returns when the other side confirmed it. The
	// error is a *Failure where the channel knows the cause. Send honours the context's
	// deadline and does not retry: the actor retries.
	Send(ctx context.Context, batch Batch) (Sent, error)
}

// Fitter is a channel with a limit on the size of a message. Fit returns how many of the first
// items one message can name. The others go into the next message.
type Fitter interface {
	Fit(items []messages.Notification) int
}

// Slow is a channel whose sends may take longer than sendTimeout. Timeout is the limit of one
// send, from the dial to the last byte.
type Slow interface{ Timeout() time.Duration }

// Batch is the content of one message: one item per signal, plus events. Only a refresh
// (Refresher) has no items.
type Batch struct {
	Items  []messages.Notification
	Plain  bool                    // without markup: the other side refused these items with it
	Active []messages.Notification // troubles that this channel was told of and that are still active, for a Refresher
	At     time.Time               // when the batch was made
}

// Sent is the other side's confirmation.
type Sent struct {
	MessageID int64 // for replies; 0 where the channel has none
	Moved     bool  // the chat has moved, so the ids of earlier messages are no longer valid
}

// Failure is an error of Send that tells the actor how to retry. Its text never holds a secret.
type Failure struct {
	Err error // what was tried and what the other side said
	// Remedy is what an operator has to do, such as "send /start to the bot from that chat"; empty where only waiting helps.
	Remedy string
	// Permanent is true where a retry cannot succeed before somebody changes something. It is retried slowly.
	Permanent bool
	// Content is true where the other side refused the content of this message. It may accept others.
	Content bool
	// RetryAfter is the pause that the other side asked for; 0: none.
	RetryAfter time.Duration
}

// Error returns the failure and its remedy, if any.
func (f *Failure) Error() string {
	if f.Remedy == "" {
		return f.Err.Error()
	}
	return f.Err.Error() + ": " + f.Remedy
}

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }
