package notifier

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"context"

	"go.uber.org/zap"
	"pgregory.net/rapid"

	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/mailbox"
)

// When the clock steps back, the wait is never longer than the rate limit's own period.
func TestAClockThatStepsBackDoesNotStopThePace(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s, ch := newSender(NewRateLimits()), &scripted{}
	if wait := s.start(ch, now, false); wait != 0 {
		t.Errorf("the first message waits %s", wait)
	}
	s.ended(now)
	if wait := s.start(ch, now.Add(-time.Hour), false); wait != perSecond {
		t.Errorf("after one message it waits %s, want %s", wait, perSecond)
	}
	for i := range perMinute - 1 {
		now = now.Add(perSecond)
		if wait := s.start(ch, now, false); wait != 0 {
			t.Errorf("message %d waits %s", i+2, wait)
		}
		s.ended(now)
	}
	if wait := s.start(ch, now.Add(-time.Hour), false); wait != time.Minute {
		t.Errorf("after %d messages it waits %s, want a minute", perMinute, wait)
	}
}

// fakeBot records the messages in all chats of one bot.
type fakeBot struct {
	mu  sync.Mutex
	got []arrival
}

type arrival struct {
	at    time.Time
	chat  string
	items int
	seq   uint64 // of the first item
}

func (c *fakeBot) arrivals() []arrival {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.got)
}

// fakeChat is a channel to one chat of a bot.
type fakeChat struct {
	fakeBot    *fakeBot
	name, chat string
	takes      time.Duration
}

func (h *fakeChat) Name() string             { return h.name }
func (h *fakeChat) Chat() (bot, chat string) { return "bot", h.chat }
func (h *fakeChat) Send(_ context.Context, b Batch) (Sent, error) {
	time.Sleep(h.takes)
	h.fakeBot.mu.Lock()
	defer h.fakeBot.mu.Unlock()
	h.fakeBot.got = append(h.fakeBot.got, arrival{time.Now(), h.chat, len(b.Items), b.Items[0].Seq})
	return Sent{MessageID: 1}, nil
}

// serveWith runs the actor of a channel that shares its rate limits.
func serveWith(ch Channel, d *fakeCore, limits *RateLimits, exchange <-chan Channel) (stop func()) {
	a := New(Options{Channel: ch, Paced: true, RateLimits: limits, Outbox: d.cell, Exchange: exchange, Emit: d.receive, Log: zap.NewNop(), Now: time.Now, Progress: func() {}, Beat: time.Hour})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Serve(ctx) }()
	return func() { cancel(); <-done }
}

func urgent(seq uint64) messages.Notification {
	return messages.Notification{Seq: seq, News: messages.Alert, Signal: messages.NewKey("dep_down", fmt.Sprint(seq)), Level: messages.Critical, At: time.Now()}
}

// coreWith returns a core with pending news.
func coreWith(items ...messages.Notification) *fakeCore {
	d := &fakeCore{cell: mailbox.NewCell(messages.Outbox{Channel: "chat"})}
	d.add(items...)
	return d
}

// A bot sends at most thirty messages in any second, over any number of chats. A chat that waits
// is not overtaken, and waits no longer than the limit requires.
func TestABotKeepsItsPaceOverAllChats(t *testing.T) {
	const chats, rounds = 100, 3
	synctest.Test(t, func(t *testing.T) {
		c, limits, began := &fakeBot{}, NewRateLimits(), time.Now()
		var cores []*fakeCore
		for i := range chats {
			d := newFakeCore()
			cores = append(cores, d)
			defer serveWith(&fakeChat{fakeBot: c, name: fmt.Sprint("h", i), chat: fmt.Sprint(i), takes: 100 * time.Millisecond}, d, limits, nil)()
		}
		synctest.Wait()
		for round := range rounds {
			for i, d := range cores {
				d.add(urgent(uint64(round*chats + i + 1)))
				synctest.Wait() // so that the channels queue in this order
			}
		}
		time.Sleep(time.Minute)
		all := c.arrivals()
		told, last := 0, began
		for i, a := range all {
			told += a.items
			last = a.at
			if i >= botPerSecond && a.at.Sub(all[i-botPerSecond].at) < time.Second {
				t.Fatalf("arrival %d comes %s after the thirtieth before it", i, a.at.Sub(all[i-botPerSecond].at))
			}
		}
		if told != chats*rounds {
			t.Fatalf("%d of %d arrived", told, chats*rounds)
		}
		// The first news of each chat arrives in the order of the queue, or at the same moment.
		firsts := map[string]time.Time{}
		for _, a := range all {
			if _, known := firsts[a.chat]; !known {
				firsts[a.chat] = a.at
			}
		}
		for i := 1; i < chats; i++ {
			if firsts[fmt.Sprint(i)].Before(firsts[fmt.Sprint(i-1)]) {
				t.Errorf("chat %d, which queued after chat %d, got its message %s sooner", i, i-1, firsts[fmt.Sprint(i-1)].Sub(firsts[fmt.Sprint(i)]))
			}
		}
		// Thirty messages are sent together and take 0.1 s each. The next thirty follow 1.1 s later.
		groups := (len(all) + botPerSecond - 1) / botPerSecond
		if want := time.Duration(groups)*1100*time.Millisecond - time.Second; last.Sub(began) > want {
			t.Errorf("the last of %d messages came after %s, want %s", len(all), last.Sub(began), want)
		}
	})
}

// groups returns the moments at which messages arrived, without duplicates.
func (c *fakeBot) groups() (moments []time.Time) {
	for _, a := range c.arrivals() {
		if len(moments) == 0 || !moments[len(moments)-1].Equal(a.at) {
			moments = append(moments, a.at)
		}
	}
	return moments
}

// Channels to two topics of one chat share the chat's rate limits, even after a reload replaced
// one of them.
func TestTopicsShareThePaceOfTheirChat(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		takes := rapid.SliceOfN(rapid.IntRange(0, 3000), 3, 3).Draw(r, "takes ms")
		pauses := rapid.SliceOfN(rapid.IntRange(0, 4000), 60, 60).Draw(r, "pauses ms")
		synctest.Test(t, func(t *testing.T) {
			c, limits := &fakeBot{}, NewRateLimits()
			ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
			one, two, exchange := newFakeCore(), newFakeCore(), make(chan Channel, 1)
			stopOne := serveWith(&fakeChat{c, "one", "-1001", ms(takes[0])}, one, limits, exchange)
			stopTwo := serveWith(&fakeChat{c, "two", "-1001", ms(takes[1])}, two, limits, nil)
			for i, pause := range pauses {
				[]*fakeCore{one, two}[i%2].add(urgent(uint64(i + 1)))
				time.Sleep(ms(pause))
				if i == len(pauses)/2 {
					exchange <- &fakeChat{c, "one", "-1001", ms(takes[2])}
				}
			}
			time.Sleep(10 * time.Minute)
			stopOne()
			stopTwo()
			all := c.groups()
			for i, at := range all {
				if i >= 1 && at.Sub(all[i-1]) < perSecond {
					r.Fatalf("message %d came %s after the one before", i, at.Sub(all[i-1]))
				}
				if i >= perMinute && at.Sub(all[i-perMinute]) < time.Minute {
					r.Fatalf("%d messages came within %s", perMinute+1, at.Sub(all[i-perMinute]))
				}
			}
			told := 0
			for _, a := range c.arrivals() {
				told += a.items
			}
			if told != len(pauses) {
				r.Fatalf("%d of %d arrived", told, len(pauses))
			}
		})
	})
}

// A channel that hangs until it is removed no longer delays the others in its chat, nor does a
// channel whose pending news was withdrawn.
func TestAChannelThatIsRemovedDelaysNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, limits := &fakeBot{}, NewRateLimits()
		stuck := coreWith(urgent(1))
		stop := serveWith(&fakeChat{c, "stuck", "-1001", time.Hour}, stuck, limits, nil)
		synctest.Wait()
		waits, other := coreWith(urgent(2)), coreWith(urgent(3))
		defer serveWith(&fakeChat{c, "waits", "-1001", 0}, waits, limits, nil)()
		synctest.Wait()
		defer serveWith(&fakeChat{c, "other", "-1001", 0}, other, limits, nil)()
		synctest.Wait()
		waits.cell.Store(messages.Outbox{Channel: "chat"}) // the news was withdrawn
		time.Sleep(5 * time.Second)
		stop()
		time.Sleep(2 * perSecond)
		if all := c.arrivals(); len(all) != 1 || all[0].seq != 3 {
			t.Errorf("arrived %+v", all)
		}
		time.Sleep(time.Hour)
	})
}
