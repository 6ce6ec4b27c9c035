package notifier

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/messages"
)

// Aside is an answer to somebody in the chat. It is sent after all news and gets no receipt.
type Aside struct {
	HTML, Plain string
	Picture     func() ([]byte, error) // draws a PNG for the answer; nil: none
	ReplyTo     int64                  // the message that is answered
	Thread      int64                  // the topic of that message; 0: none
	Until       time.Time              // the answer is dropped then
}

// Speaker is a channel that can answer. Its errors are those of Channel.Send.
type Speaker interface {
	Say(ctx context.Context, aside Aside) error
}

// Tidier is a channel with best-effort work on messages that it has sent. The actor does it when
// no news is pending, one step at a time.
type Tidier interface {
	// Untidy reports whether there is work to do.
	Untidy() bool
	// Tidy does one step. A step that fails is not retried.
	Tidy(ctx context.Context)
	// Acknowledged tells the channel that somebody acknowledged a trouble.
	Acknowledged(trouble messages.Trouble, by messages.Acknowledgement)
	// Listening tells the channel whether presses of buttons are handled from now on.
	Listening(hears bool)
}

// aside sends the next answer, or tidies if there is none. It returns the time until it has
// something to do.
func (a *Actor) aside(now time.Time) (wait time.Duration) {
	if a.answer == nil {
		select {
		case next := <-a.Asides:
			a.answer, a.answerAt = &next, time.Time{}
		default:
		}
	}
	if a.answer != nil && !now.Before(a.answer.Until) {
		a.Log.Info("answer_dropped", zap.String("channel", a.name), zap.String("detail", "it could not be sent in time"))
		a.answer = nil
	}
	speaker, speaks := a.Channel.(Speaker)
	if !speaks {
		a.answer = nil
	}
	if a.answer == nil {
		return a.tidy()
	}
	if pause := a.answerAt.Sub(now); pause > 0 {
		return pause
	}
	if pause := a.startPaced(now, true); pause > 0 {
		return min(pause, checkEvery)
	}
	answer := *a.answer
	a.work(func(ctx context.Context) error { return speaker.Say(ctx, answer) })
	return checkEvery
}

func (a *Actor) tidy() (wait time.Duration) {
	tidier, ok := a.Channel.(Tidier)
	if !ok {
		return untilEvent
	}
	if tidier.Untidy() {
		a.tidying = true
		a.work(func(ctx context.Context) error { tidier.Tidy(ctx); return nil })
	}
	return checkEvery
}

// work lets the worker answer or tidy.
func (a *Actor) work(do func(context.Context) error) {
	started := a.worker.Start(func() (Sent, error) {
		ctx, cancel := context.WithTimeout(context.Background(), sendTimeout)
		defer cancel()
		return Sent{}, do(ctx)
	})
	if started {
		a.sending, a.sideWork, a.began = true, true, a.Now()
	} else {
		a.tidying = false
		a.endPaced(a.Now())
	}
}

// finishAside handles the result of work, and schedules a retry of an answer that failed.
func (a *Actor) finishAside(err error, now time.Time) {
	tidied := a.tidying
	a.sending, a.sideWork, a.tidying = false, false, false
	if tidied {
		return
	}
	a.endPaced(now)
	if err == nil {
		a.answer = nil
		return
	}
	pause := 2 * time.Second
	var f *Failure
	if errors.As(err, &f) && f.RetryAfter > 0 {
		pause = f.RetryAfter
	}
	a.answerAt = now.Add(pause)
	if f != nil && (f.Permanent || f.Content) || a.answerAt.After(a.answer.Until) {
		a.Log.Info("answer_dropped", zap.String("channel", a.name), zap.String("error", err.Error()))
		a.answer = nil
	}
}
