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

// logged runs the actor once, without a supervisor, and keeps what it logs.
func logged(c Channel, d *desk) (logs *observer.ObservedLogs, stop func() time.Duration) {
	core, logs := observer.New(zapcore.DebugLevel)
	a := New(Options{Channel: c, Paced: true, Outbox: d.cell, Emit: d.receive, Log: zap.New(core), Now: time.Now, Progress: func() {}})
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

// A stop sends what waits for its group, and keeps the pace doing so.
func TestAStopSendsWhatWaitsAtThePace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch, d := &scripted{}, newDesk()
		logs, stop := logged(ch, d)
		d.add(news(1, true))
		synctest.Wait()
		waiting := news(2, false)
		waiting.NotBefore = time.Now().Add(time.Hour)
		d.add(waiting)
		synctest.Wait()
		if took := stop(); took != perSecond {
			t.Errorf("the stop took %s, want the pace's %s", took, perSecond)
		}
		if got := ch.taken(); len(got) != 2 || !slices.Equal(got[1], []uint64{2}) {
			t.Errorf("took %v", got)
		}
		if logs.FilterMessage("drain_incomplete").Len() != 0 {
			t.Error("everything was sent and the log says otherwise")
		}
	})
}

// A drain keeps the other side's word and gives a network one more chance. It does not
// wait for what can't come within its limit, and says what it leaves behind.
func TestWhatADrainTries(t *testing.T) {
	network := errors.New("no route")
	for name, c := range map[string]struct {
		before error // of every attempt before the stop
		drain  []error
		tries  int // within the drain
		left   int
		took   time.Duration // at most, beside the pace
	}{
		"a pause of hours is kept":          {before: &Failure{Err: errors.New("429"), RetryAfter: 3 * time.Hour}, left: 1},
		"a refusal for good is not pressed": {before: &Failure{Err: errors.New("403"), Permanent: true}, left: 1},
		"a network that is back":            {before: network, drain: []error{nil}, tries: 1},
		"a network that is still away":      {before: network, drain: []error{network}, tries: 1, left: 1},
		"a refusal that the drain meets":    {before: network, drain: []error{&Failure{Err: errors.New("403"), Permanent: true}}, tries: 1, left: 1},
		"a short pause that the drain meets": {
			before: network, drain: []error{&Failure{Err: errors.New("429"), RetryAfter: 3 * time.Second}, nil}, tries: 2, took: 3 * time.Second,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ch, d := &scripted{}, newDesk()
				before := 0 // attempts before the stop; 0: not yet stopped
				ch.do = func(n int) error {
					if before == 0 {
						return c.before
					}
					if n-before > len(c.drain) {
						return network // one attempt too many, which is counted below
					}
					return c.drain[n-before-1]
				}
				logs, stop := logged(ch, d)
				d.add(news(1, true))
				time.Sleep(time.Hour)
				synctest.Wait()
				before = len(ch.attempts())
				// Chance may have put the last attempt just before the stop: the pace is kept.
				if took, most := stop(), c.took+perSecond; took > most {
					t.Errorf("the stop took %s, want at most %s", took, most)
				}
				if tries := len(ch.attempts()) - before; tries != c.tries {
					t.Errorf("%d attempts in the drain, want %d", tries, c.tries)
				}
				said := logs.FilterMessage("drain_incomplete").All()
				switch {
				case c.left == 0 && len(said) != 0:
					t.Errorf("nothing is left and the log says %v", said[0].ContextMap())
				case c.left > 0 && (len(said) != 1 || said[0].ContextMap()["pending"] != int64(c.left)):
					t.Errorf("%d left, and the log says %v", c.left, said)
				}
			})
		})
	}
}

// What was confirmed is not left behind, even where the core took no receipt of it.
func TestADrainDoesNotCountWhatWasConfirmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch, d := &scripted{}, newDesk()
		d.deaf = true
		logs, stop := logged(ch, d)
		d.add(news(1, true))
		time.Sleep(time.Minute)
		stop()
		if said := logs.FilterMessage("drain_incomplete").All(); len(said) != 0 {
			t.Errorf("the log says %v", said[0].ContextMap())
		}
	})
}

// A channel that hangs or refuses delays no other.
func TestABrokenChannelDoesNotDelayAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hung, refusing, well := &scripted{}, &scripted{}, &scripted{}
		forever := make(chan struct{})
		hung.do = func(int) error { <-forever; return nil }
		refusing.do = func(int) error { return &Failure{Err: errors.New("403"), Permanent: true} }
		var stops []func()
		for _, ch := range []*scripted{hung, refusing, well} {
			d := newDesk()
			_, stop := serve(ch, d, true)
			d.add(news(1, true))
			stops = append(stops, stop)
		}
		start := time.Now()
		time.Sleep(time.Minute)
		if at := well.attempts(); len(at) != 1 || !at[0].Equal(start) || len(well.taken()) != 1 {
			t.Errorf("the channel that is well was tried at %v", at)
		}
		close(forever)
		for _, stop := range stops {
			stop()
		}
	})
}

// refreshing is a scripted channel that wants the active set again and again.
type refreshing struct{ scripted }

func (*refreshing) WantsRefresh() {}

// A channel that forgets what is not repeated is sent the active set every minute, news
// or not, for as long as something is active. That is no news, so no `sent` is logged.
func TestTheActiveSetIsRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch, d := &refreshing{}, newDesk()
		logs, stop := logged(ch, d)
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
			t.Errorf("%d events of a refresh", n)
		}
	})
}
