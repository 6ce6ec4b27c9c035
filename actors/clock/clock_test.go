package clock_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"orchestrator-watchdog/actors/clock"
	"orchestrator-watchdog/messages"
)

// serve runs the actor in the background until stop is called.
func serve(a *clock.Actor) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = a.Serve(ctx)
	}()
	return func() { cancel(); <-done }
}

// Ticks come exactly every interval, also across a restart of the actor.
func TestTicksKeepTheirTimesAcrossARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var ticks []messages.Tick
		a := clock.New(clock.Options{
			Interval: 15 * time.Second, Log: zap.NewNop(), Now: time.Now, Progress: func() {}, Beat: time.Hour,
			Emit: func(m messages.Tick) bool { ticks = append(ticks, m); return true },
		})
		stop := serve(a)
		time.Sleep(31 * time.Second)
		stop()
		time.Sleep(5 * time.Second)
		stop = serve(a)
		time.Sleep(25 * time.Second)
		stop()
		if len(ticks) != 4 {
			t.Fatalf("%d ticks in 61 s, want 4", len(ticks))
		}
		for i, m := range ticks {
			if want := start.Add(time.Duration(i+1) * 15 * time.Second); m.Seq != uint64(i+1) || !m.At.Equal(want) {
				t.Errorf("tick %d is number %d at %s, want %s", i, m.Seq, m.At, want)
			}
		}
	})
}

// A tick that is dropped because the mailbox is full is logged.
func TestADroppedTickIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zapcore.InfoLevel)
		a := clock.New(clock.Options{
			Interval: time.Second, Log: zap.New(core), Now: time.Now, Progress: func() {}, Beat: time.Hour,
			Emit: func(messages.Tick) bool { return false },
		})
		stop := serve(a)
		time.Sleep(2500 * time.Millisecond)
		stop()
		if got := logs.FilterMessage("tick_skipped").Len(); got != 2 {
			t.Errorf("%d skipped ticks logged, want 2", got)
		}
	})
}
