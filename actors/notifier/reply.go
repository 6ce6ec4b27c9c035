package notifier

import (
	"cmp"
	"context"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/messages"
)

// Reply answers somebody in the chat. It is sent after all news and gets no receipt.
type Reply struct {
	HTML, Plain string
	Picture     func() ([]byte, error) // draws a PNG for the answer; nil: none
	ReplyTo     int64                  // the message that is answered
	Thread      int64                  // the topic of that message; 0: none
	Until       time.Time              // the answer is dropped then
}

// Replier is a channel that can reply. Its errors are those of Channel.Send.
type Replier interface {
	Reply(ctx context.Context, reply Reply) error
}

// MessageUpdater is a channel that updates messages that it has sent, as its best effort. The actor
// lets it do so when no news is pending, one message at a time.
type MessageUpdater interface {
	// UpdatePending reports whether a message has to be updated.
	UpdatePending() bool
	// UpdateNext updates one message. An update that fails is not retried.
	UpdateNext(ctx context.Context)
	// Acknowledged tells the channel that somebody acknowledged a trouble.
	Acknowledged(trouble messages.Trouble, by messages.Acknowledgement)
	// EnableButtons tells the channel whether presses of buttons are handled from now on.
	EnableButtons(enabled bool)
}

// reply sends the next reply, or updates a message if there is none. It returns the time until it
// has something to do.
func (a *Actor) reply(now time.Time) (wait time.Duration) {
	if a.pendingReply == nil {
		select {
		case next := <-a.Replies:
			a.pendingReply, a.replyAt = &next, time.Time{}
		default:
		}
	}
	if a.pendingReply != nil && !now.Before(a.pendingReply.Until) {
		a.Log.Info("answer_dropped", zap.String("channel", a.name), zap.String("detail", "it could not be sent in time"))
		a.pendingReply = nil
	}
	replier, ok := a.Channel.(Replier)
	if !ok {
		a.pendingReply = nil
	}
	if a.pendingReply == nil {
		return a.update()
	}
	if pause := a.replyAt.Sub(now); pause > 0 {
		return pause
	}
	if pause := a.sender.start(a.Channel, now, true); pause > 0 {
		return min(pause, checkEvery)
	}
	reply := *a.pendingReply
	a.work(func(ctx context.Context) error { return replier.Reply(ctx, reply) })
	return checkEvery
}

func (a *Actor) update() (wait time.Duration) {
	updater, ok := a.Channel.(MessageUpdater)
	if !ok {
		return untilEvent
	}
	if updater.UpdatePending() {
		a.updating = true
		a.work(func(ctx context.Context) error { updater.UpdateNext(ctx); return nil })
	}
	return checkEvery
}

// work lets the worker reply or update a message.
func (a *Actor) work(do func(context.Context) error) {
	started := a.worker.Start(func() (Sent, error) {
		ctx, cancel := context.WithTimeout(context.Background(), sendTimeout)
		defer cancel()
		return Sent{}, do(ctx)
	})
	if started {
		a.sending, a.sideWork, a.began = true, true, a.Now()
	} else {
		a.updating = false
		a.sender.ended(a.Now())
	}
}

// replyDelay is the delay before a reply that failed is retried.
const replyDelay = 2 * time.Second

// finishSideWork handles the result of work, and schedules a retry of a reply that failed.
func (a *Actor) finishSideWork(err error, now time.Time) {
	updated := a.updating
	a.sending, a.sideWork, a.updating = false, false, false
	if updated {
		return
	}
	a.sender.ended(now)
	if err == nil {
		a.pendingReply = nil
		return
	}
	f := failureOf(err)
	a.replyAt = now.Add(cmp.Or(max(0, f.RetryAfter), replyDelay))
	if f.Permanent || f.Content || a.replyAt.After(a.pendingReply.Until) {
		a.Log.Info("answer_dropped", zap.String("channel", a.name), zap.String("error", err.Error()))
		a.pendingReply = nil
	}
}
