package notifier

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"orchestrator-watchdog/messages"
)

// serveLogged runs an actor once, without restarts, and keeps its log.
func serveLogged(c Channel, d *fakeCore) (logs *observer.ObservedLogs, stop func() time.Duration) {
	core, logs := observer.New(zapcore.DebugLevel)
	a := New(Options{Channel: c, Paced: true, Outbox: d.cell, Emit: d.receive, Log: zap.New(core), Now: time.Now, Progress: func() {}, Beat: time.Hour})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = a.Serve(ctx) }()
	return logs, func() time.Duration {
		before := time.Now()
		cancel()
		<-done
		return time.Since(before)
	}
}

// A stop sends news that waits for its group, within the rate limits.
func TestAStopSendsWhatWaitsAtThePace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch, d := &scripted{}, newFakeCore()
		logs, stop := serveLogged(ch, d)
		d.add(news(1, true))
		synctest.Wait()
		waiting := news(2, false)
		waiting.NotBefore = time.Now().Add(time.Hour)
		d.add(waiting)
		synctest.Wait()
		if took := stop(); took != perSecond {
			t.Errorf("the stop took %s, want %s for the rate limit", took, perSecond)
		}
		if got := ch.taken(); len(got) != 2 || !slices.Equal(got[1], []uint64{2}) {
			t.Errorf("took %v", got)
		}
		if logs.FilterMessage("drain_incomplete").Len() != 0 {
			t.Error("everything was sent, but the log says that news is left")
		}
	})
}

// A drain retries a network failure once, and keeps a pause that the other side asked for. It
// does not wait for a retry that can't come within its limit, and logs what is left.
func TestRetriesInADrain(t *testing.T) {
	network := errors.New("no route")
	for name, c := range map[string]struct {
		before error         // the result of every attempt before the stop
		drain  []error       // the results of the attempts in the drain
		tries  int           // in the drain
		left   int           // pieces of news
		took   time.Duration // at most, besides the rate limit
	}{
		"a pause of hours is kept":           {before: &Failure{Err: errors.New("429"), RetryAfter: 3 * time.Hour}, left: 1},
		"a permanent failure is not retried": {before: &Failure{Err: errors.New("403"), Permanent: true}, left: 1},
		"a network that is back":             {before: network, drain: []error{nil}, tries: 1},
		"a network that is still away":       {before: network, drain: []error{network}, tries: 1, left: 1},
		"a permanent failure in the drain":   {before: network, drain: []error{&Failure{Err: errors.New("403"), Permanent: true}}, tries: 1, left: 1},
		"a short pause in the drain": {
			before: network, drain: []error{&Failure{Err: errors.New("429"), RetryAfter: 3 * time.Second}, nil}, tries: 2, took: 3 * time.Second,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ch, d := &scripted{}, newFakeCore()
				before := 0 // attempts before the stop; 0: not stopped yet
				ch.do = func(n int) error {
					if before == 0 {
						return c.before
					}
					if n-before > len(c.drain) {
						return network // one attempt too many, which is counted below
					}
					return c.drain[n-before-1]
				}
				logs, stop := serveLogged(ch, d)
				d.add(news(1, true))
				time.Sleep(time.Hour)
				synctest.Wait()
				before = len(ch.attempts())
				// The last attempt may have been just before the stop: the rate limit adds up to a second.
				if took, most := stop(), c.took+perSecond; took > most {
					t.Errorf("the stop took %s, want at most %s", took, most)
				}
				if tries := len(ch.attempts()) - before; tries != c.tries {
					t.Errorf("%d attempts in the drain, want %d", tries, c.tries)
				}
				said := logs.FilterMessage("drain_incomplete").All()
				switch {
				case c.left == 0 && len(said) != 0:
					t.Errorf("nothing is left, but the log says %v", said[0].ContextMap())
				case c.left > 0 && (len(said) != 1 || said[0].ContextMap()["pending"] != int64(c.left)):
					t.Errorf("%d left, and the log says %v", c.left, said)
				}
			})
		})
	}
}

// A drain does not count confirmed news as left, even if the core took no receipt.
func TestADrainDoesNotCountWhatWasConfirmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch, d := &scripted{}, newFakeCore()
		d.deaf = true
		logs, stop := serveLogged(ch, d)
		d.add(news(1, true))
		time.Sleep(time.Minute)
		stop()
		if said := logs.FilterMessage("drain_incomplete").All(); len(said) != 0 {
			t.Errorf("the log says %v", said[0].ContextMap())
		}
	})
}

// A channel that hangs or refuses does not delay other channels.
func TestABrokenChannelDoesNotDelayAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hung, refusing, healthy := &scripted{}, &scripted{}, &scripted{}
		forever := make(chan struct{})
		hung.do = func(int) error { <-forever; return nil }
		refusing.do = func(int) error { return &Failure{Err: errors.New("403"), Permanent: true} }
		var stops []func()
		for _, ch := range []*scripted{hung, refusing, healthy} {
			d := newFakeCore()
			_, stop := serve(ch, d, true)
			d.add(news(1, true))
			stops = append(stops, stop)
		}
		start := time.Now()
		time.Sleep(time.Minute)
		if at := healthy.attempts(); len(at) != 1 || !at[0].Equal(start) || len(healthy.taken()) != 1 {
			t.Errorf("the healthy channel was tried at %v", at)
		}
		close(forever)
		for _, stop := range stops {
			stop()
		}
	})
}

// refreshing is a scripted Refresher.
type refreshing struct{ scripted }

func (*refreshing) WantsRefresh() {}

// A Refresher gets the active troubles every minute while there are any. A refresh is no news,
// so it logs no `sent`.
func TestTheActiveSetIsRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch, d := &refreshing{}, newFakeCore()
		logs, stop := serveLogged(ch, d)
		time.Sleep(5 * time.Minute)
		if n := len(ch.attempts()); n != 0 {
			t.Fatalf("%d sends with nothing active", n)
		}
		active := func(all ...messages.Notification) {
			box := d.cell.Load()
			box.Active = all
			d.cell.Store(box)
		}
		active(news(1, false))
		time.Sleep(5*time.Minute + time.Second)
		at := ch.attempts()
		if len(at) < 5 || len(at) > 6 || at[len(at)-1].Sub(at[len(at)-2]) > refreshEvery+time.Second {
			t.Errorf("repeated at %v", at)
		}
		active()
		time.Sleep(5 * time.Minute)
		if n := len(ch.attempts()); n != len(at) {
			t.Errorf("%d sends after nothing was active any more", n-len(at))
		}
		stop()
		if n := logs.FilterMessage("sent").Len(); n != 0 {
			t.Errorf("refreshes logged %d events", n)
		}
	})
}
