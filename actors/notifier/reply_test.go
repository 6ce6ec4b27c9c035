package notifier

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/messages"
)

// answering is a scripted channel that can answer.
type answering struct {
	scripted
	said []time.Time
}

func (c *answering) Reply(context.Context, Reply) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.said = append(c.said, time.Now())
	return nil
}

// However many answers are pending, an alert waits for one message at most, and the rate limits
// of the chat hold.
func TestAnAlertDoesNotWaitForAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, d := &answering{}, newFakeCore()
		replies := make(chan Reply, 50)
		a := New(Options{Channel: c, Paced: true, Outbox: d.cell, Emit: d.receive, Log: zap.NewNop(), Now: time.Now, Progress: func() {}, Beat: time.Hour, Replies: replies})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- a.Serve(ctx) }()
		for range 40 {
			replies <- Reply{Plain: "x", Until: time.Now().Add(time.Hour)}
		}
		time.Sleep(25 * time.Second)
		for seq := range uint64(reservedForNews) {
			came := time.Now()
			d.add(messages.Notification{Seq: seq + 1, News: messages.Alert, Signal: messages.NewKey("dep_down", string(rune('a'+seq))), Level: messages.Critical, At: came})
			time.Sleep(5 * time.Second)
			if sent := c.attempts(); len(sent) != int(seq)+1 || sent[seq].Sub(came) > perSecond {
				t.Fatalf("alert %d came at %s, and was sent at %v", seq+1, came, sent)
			}
		}
		time.Sleep(5 * time.Minute)
		cancel()
		<-done
		all := append(slices.Clone(c.said), c.attempts()...)
		slices.SortFunc(all, time.Time.Compare)
		if len(c.said) != 40 {
			t.Errorf("%d of 40 answers", len(c.said))
		}
		for i := perMinute; i < len(all); i++ {
			if all[i].Sub(all[i-perMinute]) < time.Minute {
				t.Errorf("more than %d messages within a minute, at %s", perMinute, all[i])
			}
		}
	})
}
