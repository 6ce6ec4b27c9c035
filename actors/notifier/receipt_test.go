package notifier

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"orchestrator-watchdog/messages"
)

// slow is a channel that takes 250 ms for a send, and fails the first one.
type slow struct{ n int }

func (*slow) Name() string { return "chat" }

func (c *slow) Send(context.Context, Batch) (Sent, error) {
	time.Sleep(250 * time.Millisecond)
	if c.n++; c.n == 1 {
		return Sent{}, &Failure{Err: errors.New("the chat says no"), Remedy: "ask again", RetryAfter: 2 * time.Second}
	}
	return Sent{MessageID: 42}, nil
}

// Every attempt, successful or not, makes one receipt, numbered from 1, and one log event.
func TestEveryAttemptIsAReceiptAndAnEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeCore()
		logs, stop := serveLogged(&slow{}, d)
		d.add(news(1, true))
		time.Sleep(time.Minute)
		stop()

		got := d.receipts()
		if len(got) != 2 {
			t.Fatalf("%d receipts", len(got))
		}
		failed, sent := got[0], got[1]
		if failed.ID != 1 || failed.Delivered() || failed.Err != "the chat says no: ask again" || failed.RetryIn != 2*time.Second || failed.Permanent || len(failed.Items) != 1 {
			t.Errorf("the receipt of the failure: %+v", failed)
		}
		if sent.ID != 2 || !sent.Delivered() || sent.MessageID != 42 || sent.Took != 250*time.Millisecond || len(sent.Items) != 1 || sent.Channel != "chat" {
			t.Errorf("the receipt of the success: %+v", sent)
		}
		for event, want := range map[string]map[string]any{
			"send_failed": {"channel": "chat", "error": "the chat says no: ask again", "retry_in_ms": int64(2000), "permanent": false},
			"sent":        {"channel": "chat", "took_ms": int64(250)},
		} {
			entries := logs.FilterMessage(event).All()
			if len(entries) != 1 {
				t.Fatalf("%d events %s", len(entries), event)
			}
			fields := entries[0].ContextMap()
			for name, value := range want {
				if fields[name] != value {
					t.Errorf("%s: %s is %v, want %v", event, name, fields[name], value)
				}
			}
		}
		if signals, _ := logs.FilterMessage("sent").All()[0].ContextMap()["signals"].([]any); len(signals) != 1 || signals[0] != "a" {
			t.Errorf("sent: signals %v", signals)
		}
	})
}

// The actor makes the next message only after the core took the last receipt, since the core may
// then reword pending news. It waits for the core for 5 s.
func TestTheNextMessageWaitsForTheCore(t *testing.T) {
	for name, c := range map[string]struct {
		after time.Duration // when the core takes the receipt; 0: never
		want  time.Duration // when the second message is sent
	}{
		"a slow core":   {3 * time.Second, 3 * time.Second},
		"a silent core": {0, ackTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ch, d := &scripted{}, newFakeCore()
				d.deaf = true
				start := time.Now()
				_, stop := serve(ch, d, true)
				d.add(news(1, true))
				synctest.Wait()
				d.add(news(2, true))
				if c.after > 0 {
					time.Sleep(c.after)
					d.cell.Store(messages.Outbox{Channel: "chat", Acked: 1, Items: d.cell.Load().Items[1:]})
				}
				time.Sleep(time.Minute)
				stop()
				if at := ch.attempts(); len(at) != 2 || at[1].Sub(start) != c.want {
					t.Errorf("attempts at %v after %s, want the second after %s", at, start, c.want)
				}
			})
		})
	}
}

// The actor shows progress at every beat, and wakes for nothing else while it has nothing to do. While a
// send runs, it looks every second. It stops when a send hangs past its deadline, so that the
// liveness check notices that nothing is sent any more.
func TestTheActorShowsProgressAtEveryBeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch, d := &scripted{}, newFakeCore()
		forever := make(chan struct{})
		ch.do = func(int) error { <-forever; return nil }
		var signs, last atomic.Int64
		begin := time.Now()
		a := New(Options{Channel: ch, Outbox: d.cell, Emit: d.receive, Log: zap.NewNop(), Now: time.Now, Progress: func() {
			signs.Add(1)
			last.Store(int64(time.Since(begin)))
		}, Beat: 20 * time.Second})
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { defer close(done); _ = a.Serve(ctx) }()
		d.add(news(1, true))
		time.Sleep(time.Minute)
		synctest.Wait()
		if n, moved := signs.Load(), time.Duration(last.Load()); n < 11 || moved != sendTimeout+sendGrace {
			t.Errorf("%d calls of Progress, the last after %s; want one a second for the %s that a send may take", n, moved, sendTimeout+sendGrace)
		}
		close(forever)
		synctest.Wait()
		before := signs.Load()
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := signs.Load() - before; n < 3 || n > 5 { // two of them for the end of the send
			t.Errorf("%d calls of Progress in an idle minute", n)
		}
		cancel()
		<-done
	})
}

// A replacement channel takes over when the current send has ended. A failure of that send does
// not delay the new channel. Confirmed news is not sent again.
func TestAnotherChannelTakesOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		former := &scripted{do: func(n int) error {
			if n == 1 {
				return nil
			}
			time.Sleep(4 * time.Second)
			return &Failure{Err: errors.New("401"), Permanent: true}
		}}
		other, d, exchange := &scripted{}, newFakeCore(), make(chan Channel, 1)
		a := New(Options{Channel: former, Outbox: d.cell, Exchange: exchange, Emit: d.receive, Log: zap.NewNop(), Now: time.Now, Progress: func() {}, Beat: time.Hour})
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { defer close(done); _ = a.Serve(ctx) }()
		d.add(news(1, true))
		time.Sleep(time.Minute)
		began := time.Now()
		d.add(news(2, true))
		time.Sleep(time.Second)
		exchange <- other
		time.Sleep(time.Minute)
		if at, got := other.attempts(), other.taken(); len(at) != 1 || at[0].Sub(began) != 4*time.Second || !slices.Equal(got[0], []uint64{2}) {
			t.Errorf("the new channel was asked at %v, and took %v", at, got)
		}
		if n := len(former.attempts()); n != 2 {
			t.Errorf("the old channel was asked %d times", n)
		}
		cancel()
		<-done
	})
}

// withTimeout is a Slow channel.
type withTimeout struct{ *scripted }

func (withTimeout) Timeout() time.Duration { return 30 * time.Second }

// A Slow channel's send may take as long as its Timeout.
func TestASlowChannelMayTakeItsTimeout(t *testing.T) {
	for name, c := range map[string]struct {
		of   func(*scripted) Channel
		took time.Duration
	}{
		"any channel":    {func(s *scripted) Channel { return s }, sendTimeout},
		"a Slow channel": {func(s *scripted) Channel { return withTimeout{s} }, 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, d := &scripted{}, newFakeCore()
				s.waits = true
				_, stop := serve(c.of(s), d, false)
				d.add(news(1, true))
				time.Sleep(time.Minute)
				stop()
				time.Sleep(time.Minute) // the current send ends with its own context
				receipts := d.receipts()
				if len(receipts) == 0 || receipts[0].Took != c.took {
					t.Errorf("got %+v, want the first after %s", receipts, c.took)
				}
			})
		})
	}
}

// A panic between the end of a send and its receipt loses no receipt. Without the receipt, the
// news would stay pending in the core, and the actor would never send it again.
func TestAPanicLosesNoReceipt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeCore()
		panics := 0
		core, _ := observer.New(zapcore.DebugLevel)
		log := zap.New(core, zap.Hooks(func(e zapcore.Entry) error {
			if e.Message == "sent" && panics == 0 {
				panics++
				panic("the log fails")
			}
			return nil
		}))
		a := New(Options{Channel: &slow{n: 1}, Outbox: d.cell, Emit: d.receive, Log: log, Now: time.Now, Progress: func() {}, Beat: time.Hour})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			for ctx.Err() == nil { // as a supervisor does
				func() {
					defer func() { _ = recover() }()
					_ = a.Serve(ctx)
				}()
			}
		}()
		d.add(news(1, true))
		time.Sleep(time.Minute)
		if got := d.receipts(); panics != 1 || len(got) != 1 || !got[0].Delivered() || got[0].MessageID != 42 {
			t.Errorf("%d panics, receipts %+v", panics, got)
		}
		cancel()
		<-done
	})
}
