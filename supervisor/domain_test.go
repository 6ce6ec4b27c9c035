package supervisor

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
)

// serving is a service that records when it was started.
type serving struct {
	name   string
	begun  []time.Duration
	start  time.Time
	behave func(ctx context.Context, begun int) error
}

func (s *serving) String() string { return s.name }

func (s *serving) Serve(ctx context.Context) error {
	s.begun = append(s.begun, time.Since(s.start))
	return s.behave(ctx, len(s.begun))
}

// uncounted ignores crashes.
type uncounted struct{}

func (uncounted) ActorPanicked(string)  {}
func (uncounted) ActorRestarted(string) {}

// A service that panics at every start has to pause after 20 failures. Other services of its stage
// are still restarted at once.
func TestAServiceThatSpinsPausesAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		spins := &serving{name: "spins", start: start, behave: func(context.Context, int) error { panic("boom") }}
		fails := &serving{name: "fails", start: start, behave: func(ctx context.Context, _ int) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(500 * time.Millisecond):
				panic("now and then")
			}
		}}
		s := newStage("stage", Parts{Log: zap.NewNop(), Now: time.Now}, hook(zap.NewNop(), uncounted{}), stopProbes)
		s.start()
		s.add(spins)
		s.add(fails)
		time.Sleep(7*time.Second + 900*time.Millisecond)
		s.end(t.Context())
		// 21 starts, a pause of two seconds, and so on.
		if n := len(spins.begun); n != 4*(failureThreshold+1) || spins.begun[failureThreshold+1] != failureBackoff {
			t.Errorf("the service that spins was started %d times, the 22nd after %s", n, spins.begun[min(n-1, failureThreshold+1)])
		}
		for i, at := range fails.begun {
			if at != time.Duration(i)*500*time.Millisecond {
				t.Fatalf("start %d of the other service was delayed: it came after %s", i, at)
			}
		}
		if len(fails.begun) != 16 {
			t.Errorf("the other service was started %d times", len(fails.begun))
		}
	})
}

// Failures decay: a service that fails once a minute for a day is restarted at once each time.
func TestRareFailuresCauseNoPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rare := &serving{name: "rare", start: time.Now(), behave: func(ctx context.Context, _ int) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Minute):
				panic("once a minute")
			}
		}}
		s := newStage("stage", Parts{Log: zap.NewNop(), Now: time.Now}, hook(zap.NewNop(), uncounted{}), stopProbes)
		s.start()
		s.add(rare)
		time.Sleep(24*time.Hour + time.Second)
		s.end(t.Context())
		if n := len(rare.begun); n != 24*60+1 {
			t.Errorf("the service was started %d times, want 1441", n)
		}
	})
}

// A stop does not wait for the end of a pause.
func TestAStopEndsAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spins := &serving{name: "spins", behave: func(context.Context, int) error { panic("boom") }}
		s := newStage("stage", Parts{Log: zap.NewNop(), Now: time.Now}, hook(zap.NewNop(), uncounted{}), stopProbes)
		s.start()
		s.add(spins)
		time.Sleep(time.Second)
		before := time.Now()
		s.end(t.Context())
		if took := time.Since(before); took > 0 {
			t.Errorf("the stop waited %s for a pause", took)
		}
	})
}
