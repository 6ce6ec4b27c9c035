package notifier

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/messages"
)

// recording is a channel that records the context of its messages, and when they are sent.
type recording struct {
	mu   sync.Mutex
	sent []string
	at   []time.Time
}

func (*recording) Name() string { return "chat" }

func (c *recording) Send(_ context.Context, b Batch) (Sent, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range b.Items {
		c.sent = append(c.sent, fmt.Sprint(n.News, n.Context))
	}
	c.at = append(c.at, time.Now())
	return Sent{}, nil
}

// News of trouble is sent with context, a recovery without. A context that hangs is left out
// after 300 ms. Receipts hold the news as the core made it.
func TestNewsIsSentWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch, d := &recording{}, newFakeCore()
		start := time.Now()
		recovered, hanging := news(2, true), news(3, true)
		recovered.News, recovered.NotBefore = messages.Recovered, time.Now().Add(time.Minute)
		hanging.Signal, hanging.News = "hangs", messages.Worse
		a := New(Options{
			Channel: ch, Outbox: d.cell, Emit: d.receive, Log: zap.NewNop(), Now: time.Now, Progress: func() {}, Beat: time.Hour,
			Context: func(ctx context.Context, n messages.Notification) Lines {
				if n.Signal == "hangs" {
					<-ctx.Done()
					return Lines{}
				}
				return Lines{Context: []string{"it was so before"}}
			},
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); _ = a.Serve(ctx) }()
		d.add(news(1, true))
		time.Sleep(5 * time.Second)
		d.add(hanging)
		time.Sleep(5 * time.Second)
		d.add(recovered)
		time.Sleep(2 * time.Minute)
		cancel()
		<-done
		if got := fmt.Sprint(ch.sent); got != "[ALERT [it was so before] WORSE [] RECOVERED []]" {
			t.Errorf("sent %s", got)
		}
		if waited := ch.at[1].Sub(start); waited > 5*time.Second+400*time.Millisecond {
			t.Errorf("the news whose context hangs was sent after %s", waited)
		}
		for _, r := range d.receipts() {
			if len(r.Items[0].Context) > 0 {
				t.Errorf("a receipt holds %v", r.Items[0].Context)
			}
		}
	})
}

// If a second signal shows a trouble that was told already, its news says so in one line and
// replies to the first message. If both are in one message, the later one says so. A signal that
// is not active does not count.
func TestASecondSignalOfATroubleRepliesToTheFirst(t *testing.T) {
	a := &Actor{Options: Options{Context: func(_ context.Context, n messages.Notification) Lines {
		if n.Signal == "orch_down" {
			return Lines{Context: []string{"its container web: exited"}, Related: []Related{{"container_missing:web", "?"}, {"container_down:web", "the same container"}}}
		}
		return Lines{}
	}}}
	first, second := news(1, true), news(2, true)
	first.Signal, second.Signal = "container_down:web", "orch_down"
	told := first
	told.ReplyTo = 7
	still := second
	still.News = messages.Still
	for name, c := range map[string]struct {
		items, active []messages.Notification
		want          string
		replyTo       int64
	}{
		"two messages": {[]messages.Notification{second}, []messages.Notification{told}, "[the same container its container web: exited]", 7},
		"one message":  {[]messages.Notification{first, second}, nil, "[the same container its container web: exited]", 0},
		"one sign":     {[]messages.Notification{second}, nil, "[its container web: exited]", 0},
		"a reminder":   {[]messages.Notification{still}, []messages.Notification{told}, "[its container web: exited]", 0},
	} {
		items := a.addContext(t.Context(), c.items, c.active)
		last := items[len(items)-1]
		if got := fmt.Sprint(last.Context); got != c.want || last.RelatedMessage != c.replyTo {
			t.Errorf("%s: %s, beside %d", name, got, last.RelatedMessage)
		}
		if r := Render(items, Style{Zone: time.UTC, Limit: 4096}); r.ReplyTo != c.replyTo {
			t.Errorf("%s: replies to %d", name, r.ReplyTo)
		}
	}
}
