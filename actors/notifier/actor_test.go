package notifier

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"pgregory.net/rapid"

	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/mailbox"
)

// scripted is a channel whose results a test scripts.
type scripted struct {
	mu    sync.Mutex
	do    func(n int) error // called by attempt n, from 1; nil: succeeds
	waits bool              // Send waits for the end of its context
	n     int
	times []time.Time // of all attempts
	took  [][]uint64  // the news of each confirmed batch, by Seq
}

func (c *scripted) Name() string { return "chat" }

func (c *scripted) Send(ctx context.Context, b Batch) (Sent, error) {
	c.mu.Lock()
	c.n++
	n := c.n
	c.times = append(c.times, time.Now())
	c.mu.Unlock()
	if c.do != nil {
		if err := c.do(n); err != nil {
			return Sent{}, err
		}
	}
	if c.waits {
		<-ctx.Done()
	}
	if ctx.Err() != nil {
		return Sent{}, ctx.Err()
	}
	var seqs []uint64
	for _, i := range b.Items {
		seqs = append(seqs, i.Seq)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.took = append(c.took, seqs)
	return Sent{MessageID: int64(n)}, nil
}

func (c *scripted) attempts() []time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.times)
}

func (c *scripted) taken() [][]uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.took)
}

// fakeCore takes receipts, and removes confirmed news from the outbox.
type fakeCore struct {
	mu   sync.Mutex
	cell *mailbox.Cell[messages.Outbox]
	deaf bool // never handles receipts
	got  []messages.Receipt
}

func newFakeCore() *fakeCore {
	return &fakeCore{cell: mailbox.NewCell(messages.Outbox{Channel: "chat"})}
}

func (d *fakeCore) add(items ...messages.Notification) {
	d.mu.Lock()
	defer d.mu.Unlock()
	box := d.cell.Load()
	box.Items = append(slices.Clone(box.Items), items...)
	d.cell.Store(box)
}

func (d *fakeCore) receive(r messages.Receipt) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.got = append(d.got, r)
	if d.deaf {
		return
	}
	box := d.cell.Load()
	box.Acked = r.ID
	if r.Delivered() {
		box.Items = slices.DeleteFunc(slices.Clone(box.Items), func(n messages.Notification) bool {
			return slices.ContainsFunc(r.Items, func(i messages.Notification) bool { return i.Seq == n.Seq })
		})
	}
	d.cell.Store(box)
}

func (d *fakeCore) receipts() []messages.Receipt {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.got)
}

// serve runs an actor, and restarts it after a panic as a supervisor does.
func serve(c Channel, d *fakeCore, paced bool) (a *Actor, stop func()) {
	a = New(Options{Channel: c, Paced: paced, Outbox: d.cell, Emit: d.receive, Log: zap.NewNop(), Now: time.Now, Progress: func() {}, Beat: time.Hour})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			func() {
				defer func() { _ = recover() }()
				_ = a.Serve(ctx)
			}()
		}
	}()
	return a, func() { cancel(); <-done }
}

func news(seq uint64, urgent bool) messages.Notification {
	n := messages.Notification{Seq: seq, News: messages.Alert, Signal: "a", Level: messages.Warning, At: time.Now()}
	if urgent {
		n.Level = messages.Critical
		return n
	}
	n.NotBefore = time.Now().Add(time.Second)
	return n
}

// News that is not urgent waits for its group and is sent with it. Urgent news is sent at once,
// ahead of everything.
func TestUrgentNewsGoesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch, d := &scripted{}, newFakeCore()
		start := time.Now()
		_, stop := serve(ch, d, true)
		d.add(news(1, false))
		time.Sleep(500 * time.Millisecond)
		d.add(news(2, false), news(3, true))
		time.Sleep(10 * time.Second)
		stop()
		if got := ch.taken(); len(got) != 2 || !slices.Equal(got[0], []uint64{3}) || !slices.Equal(got[1], []uint64{1, 2}) {
			t.Errorf("took %v", got)
		}
		if at := ch.attempts(); at[0].Sub(start) != 500*time.Millisecond || at[1].Sub(start) != 1500*time.Millisecond {
			t.Errorf("at %s and %s", at[0].Sub(start), at[1].Sub(start))
		}
	})
}

// A storm becomes one digest.
func TestAStormIsOneMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch, d := &scripted{}, newFakeCore()
		_, stop := serve(ch, d, true)
		for i := range 500 {
			d.add(news(uint64(i+1), false))
		}
		time.Sleep(time.Minute)
		stop()
		if got := ch.taken(); len(got) != 1 || len(got[0]) != 500 {
			t.Errorf("%d messages", len(got))
		}
	})
}

// A chat gets at most one message a second and twenty a minute, however much news is pending.
func TestThePaceIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch, d := &scripted{}, newFakeCore()
		_, stop := serve(ch, d, true)
		for i := range 3000 {
			d.add(news(uint64(i+1), true))
			time.Sleep(100 * time.Millisecond)
		}
		stop()
		at := ch.attempts()
		for i := range at {
			if i >= 1 && at[i].Sub(at[i-1]) < time.Second {
				t.Fatalf("two messages within %s", at[i].Sub(at[i-1]))
			}
			if i >= perMinute && at[i].Sub(at[i-perMinute]) < time.Minute {
				t.Fatalf("%d messages within %s", perMinute+1, at[i].Sub(at[i-perMinute]))
			}
		}
		if len(at) < 80 {
			t.Errorf("%d messages in five minutes: the pace is not used", len(at))
		}
	})
}

// The actor keeps the pause that the other side asks for, even of hours, and even for urgent news.
func TestRetryAfterIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch, d := &scripted{}, newFakeCore()
		ch.do = func(n int) error {
			if n == 1 {
				return &Failure{Err: errors.New("429"), RetryAfter: 3 * time.Hour}
			}
			return nil
		}
		start := time.Now()
		_, stop := serve(ch, d, true)
		d.add(news(1, true))
		time.Sleep(time.Hour)
		d.add(news(2, true))
		time.Sleep(4 * time.Hour)
		stop()
		at := ch.attempts()
		if len(at) != 2 || at[1].Sub(start) < 3*time.Hour || at[1].Sub(start) > 3*time.Hour+2*time.Second {
			t.Errorf("attempts at %v", at)
		}
	})
}

// A pause of more than a day is taken for a mistake, and ends after a day.
func TestAPauseOfAYearIsADay(t *testing.T) {
	asked := &Failure{Err: errors.New("429"), RetryAfter: 365 * 24 * time.Hour}
	if d := retryIn(1, asked, 0); d != 24*time.Hour {
		t.Errorf("%s, want 24h", d)
	}
}

// After a network failure the actor retries without end, with a growing delay. Urgent news is
// tried at once, and at most once a second.
func TestDelaysGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch, d := &scripted{}, newFakeCore()
		ch.do = func(int) error { return errors.New("no route") }
		start := time.Now()
		_, stop := serve(ch, d, true)
		d.add(news(1, true))
		time.Sleep(24 * time.Hour)
		calm := len(ch.attempts())
		if calm < 24*60 || calm > 24*60*2+20 {
			t.Errorf("%d attempts in a day, want one or two a minute", calm)
		}
		if first := ch.attempts(); first[1].Sub(start) > 2*time.Second || first[calm-1].Sub(first[calm-2]) < 30*time.Second {
			t.Errorf("the first delay is %s, the last %s", first[1].Sub(start), first[calm-1].Sub(first[calm-2]))
		}
		if last := ch.attempts()[calm-1]; time.Since(last) < 2*firstDelay {
			time.Sleep(2 * firstDelay) // the last attempt happened to be just now, and urgent news would wait a second
		}
		d.add(news(2, true))
		synctest.Wait()
		time.Sleep(time.Millisecond)
		if now := len(ch.attempts()); now != calm+1 {
			t.Errorf("urgent news made %d attempts at once, want 1", now-calm)
		}
		stop()
	})
}

// After a permanent failure the actor retries every five minutes, and drops nothing.
func TestAPermanentFailureIsRetriedSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch, d := &scripted{}, newFakeCore()
		ch.do = func(n int) error {
			if n <= 12 {
				return &Failure{Err: errors.New("403"), Permanent: true}
			}
			return nil
		}
		_, stop := serve(ch, d, true)
		d.add(news(1, true))
		time.Sleep(2 * time.Hour)
		stop()
		if at := ch.attempts(); len(at) != 13 || at[12].Sub(at[0]) != 12*permanentDelay || len(ch.taken()) != 1 {
			t.Errorf("%d attempts, %d taken", len(at), len(ch.taken()))
		}
		if r := d.receipts()[0]; !r.Permanent || r.RetryIn != permanentDelay {
			t.Errorf("got %+v", r)
		}
	})
}

// Each piece of news is sent once, even if the core takes no receipts.
func TestWithoutAcknowledgementNothingIsToldTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch, d := &scripted{}, newFakeCore()
		d.deaf = true
		_, stop := serve(ch, d, true)
		d.add(news(1, true))
		time.Sleep(time.Minute)
		d.add(news(2, true))
		time.Sleep(time.Minute)
		stop()
		if got := ch.taken(); len(got) != 2 || got[0][0] != 1 || got[1][0] != 2 {
			t.Errorf("took %v", got)
		}
	})
}

// When a send hangs past its deadline, the actor stays alive and still stops in time.
func TestAHangingSendDoesNotHangTheStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch, d := &scripted{}, newFakeCore()
		forever := make(chan struct{})
		ch.do = func(int) error { <-forever; return nil }
		_, stop := serve(ch, d, true)
		d.add(news(1, true))
		time.Sleep(time.Minute)
		before := time.Now()
		stop()
		if took := time.Since(before); took != drainLimit {
			t.Errorf("the stop took %s", took)
		}
		close(forever)
		synctest.Wait()
	})
}

// A panic between any two steps of a send loses nothing. Only news that had arrived before a
// panic came ahead of its receipt is sent twice.
func TestAPanicBetweenAnyTwoStepsLosesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		before, after, receipt bool // where the panic happens
		arrivals               int
	}{
		"before the send":                      {before: true, arrivals: 1},
		"after it arrived, before the receipt": {after: true, arrivals: 2},
		"with the receipt":                     {receipt: true, arrivals: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newFakeCore()
				arrived := 0
				var a *Actor
				ch := channelFunc(func(b Batch) (Sent, error) {
					first := arrived == 0 && a.failures == 0
					if c.before && first {
						panic("before")
					}
					arrived++
					if c.after && first {
						panic("after")
					}
					return Sent{MessageID: 7}, nil
				})
				once := true
				var stop func()
				a, stop = serve(ch, d, true)
				inner := a.Emit
				a.Emit = func(r messages.Receipt) {
					inner(r)
					if c.receipt && once {
						once = false
						panic("with the receipt")
					}
				}
				d.add(news(1, true))
				time.Sleep(time.Minute)
				stop()
				if arrived != c.arrivals {
					t.Errorf("it arrived %d times, want %d", arrived, c.arrivals)
				}
				if len(d.cell.Load().Items) != 0 {
					t.Error("the news is still pending")
				}
			})
		})
	}
}

type channelFunc func(Batch) (Sent, error)

func (channelFunc) Name() string                                    { return "chat" }
func (f channelFunc) Send(_ context.Context, b Batch) (Sent, error) { return f(b) }

// A retry's delay stays within its limits for any number of failures and any chance.
func TestPropertyDelaysAreBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		failures := rapid.IntRange(1, math.MaxInt).Draw(t, "failures")
		chance := rapid.Float64Range(0, 1).Draw(t, "chance")
		if d := retryIn(failures, errors.New("x"), chance); d < firstDelay || d > longestDelay {
			t.Fatalf("%s after %d failures", d, failures)
		}
	})
}

// delayed is a channel whose messages arrive some time before the answer to the send.
type delayed struct {
	latency func(n int) (arrival, answer time.Duration)
	mu      sync.Mutex
	arrived []time.Time
}

func (*delayed) Name() string { return "chat" }

func (c *delayed) Send(context.Context, Batch) (Sent, error) {
	c.mu.Lock()
	n := len(c.arrived)
	arrival, answer := c.latency(n)
	c.arrived = append(c.arrived, time.Now().Add(arrival))
	c.mu.Unlock()
	time.Sleep(answer)
	return Sent{MessageID: int64(n + 1)}, nil
}

// The rate limits hold for the arrivals in the chat, whatever the latency of messages and answers.
func TestThePaceHoldsWhereMessagesArrive(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		answers := rapid.SliceOfN(rapid.IntRange(0, 4000), 50, 50).Draw(r, "answers")
		shares := rapid.SliceOfN(rapid.IntRange(0, 100), 50, 50).Draw(r, "shares")
		synctest.Test(t, func(t *testing.T) {
			ch, d := &delayed{latency: func(n int) (arrival, answer time.Duration) {
				answer = time.Duration(answers[n%50]) * time.Millisecond
				return answer * time.Duration(shares[n%50]) / 100, answer
			}}, newFakeCore()
			_, stop := serve(ch, d, true)
			for i := range 120 {
				d.add(news(uint64(i+1), true))
				time.Sleep(time.Second)
			}
			stop()
			time.Sleep(time.Minute) // the last send
			ch.mu.Lock()
			defer ch.mu.Unlock()
			for i, at := range ch.arrived {
				if i >= 1 && at.Sub(ch.arrived[i-1]) < time.Second {
					r.Fatalf("message %d arrived %s after the one before", i, at.Sub(ch.arrived[i-1]))
				}
				if i >= perMinute && at.Sub(ch.arrived[i-perMinute]) < time.Minute {
					r.Fatalf("%d messages arrived within %s", perMinute+1, at.Sub(ch.arrived[i-perMinute]))
				}
			}
		})
	})
}
