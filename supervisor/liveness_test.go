package supervisor_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor"
)

// health returns the reasons in /healthz.
func (r *rig) health() []string {
	return r.tree.Source(supervisor.Identity{}).Health()
}

// If a channel hangs for good and ignores its context, its notifier makes no progress after the
// send's deadline. After five ticks /healthz names the notifier, and then the tree ends with an
// error that names it. Other channels work until the end.
func TestANotifierThatHangsEndsTheTree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch, hanging := &chat{name: "chat"}, &chat{name: "hanging"}
		forever := make(chan struct{})
		hanging.send = func(int) error { <-forever; return nil }
		r := run([]supervisor.ProbePart{
			observing("a", "dep_down:a", from(tick/2, messages.Critical)),
			observing("b", "dep_down:b", from(tick+tick/2, messages.Critical)),
		}, ch, hanging)
		raised := 2 * tick // sent at once
		time.Sleep(raised + 10*time.Second + 5*tick)
		synctest.Wait()
		if got := r.health(); len(got) != 0 {
			t.Errorf("unhealthy before five ticks without progress: %q", got)
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if got := r.health(); len(got) != 1 || !strings.HasPrefix(got[0], "notifier:hanging made no progress for 1m1") {
			t.Errorf("/healthz says %q", got)
		}
		err := <-r.ended
		if err == nil || !strings.Contains(err.Error(), "notifier:hanging made no progress") || strings.Contains(err.Error(), "notifier:chat") {
			t.Errorf("it ended with %v", err)
		}
		if got := strings.Join(ch.lines(), ", "); got != "ALERT dep_down:a, ALERT dep_down:b" {
			t.Errorf("the other channel told %q", got)
		}
		if line := r.logs.FilterMessage("no_progress").All(); len(line) != 1 || line[0].ContextMap()["error"] != err.Error() {
			t.Errorf("the log says %v", line)
		}
		close(forever)
		synctest.Wait()
	})
}

// A core that hangs ends the tree in the same way.
func TestACoreThatHangsEndsTheTree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		forever := make(chan struct{})
		r := run([]supervisor.ProbePart{observing("a", "dep_down:a", always(messages.OK))}, &chat{name: "chat"})
		time.Sleep(tick + time.Second)
		r.tree.Hang(forever)
		time.Sleep(5*tick + 2*time.Second)
		synctest.Wait()
		if got := r.health(); len(got) != 1 || !strings.HasPrefix(got[0], "core made no progress") {
			t.Errorf("/healthz says %q", got)
		}
		if err := <-r.ended; err == nil || !strings.Contains(err.Error(), "core made no progress") {
			t.Errorf("it ended with %v", err)
		}
		close(forever)
		synctest.Wait()
	})
}

// A probe that hangs or fails does not make the watchdog unhealthy.
func TestAHangingProbeIsHealthy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		forever := make(chan struct{})
		r := run([]supervisor.ProbePart{
			part("hung", func(context.Context) (probe.Reading, error) { <-forever; return probe.Reading{}, nil }),
			part("failing", func(context.Context) (probe.Reading, error) { return probe.Reading{}, errors.New("refused") }),
		}, &chat{name: "chat"})
		time.Sleep(time.Hour)
		if got := r.health(); len(got) != 0 {
			t.Errorf("/healthz says %q", got)
		}
		if err := r.stop(); err != nil {
			t.Error(err)
		}
		close(forever)
		synctest.Wait()
	})
}

// Setting the clock two hours ahead or back, which also stands for a suspended host, makes no actor
// appear stuck.
func TestSettingTheClockEndsNothing(t *testing.T) {
	for _, jump := range []time.Duration{2 * time.Hour, -2 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			var set atomic.Int64
			// Without the monotonic reading, which stands still while a host is suspended.
			now := func() time.Time { return time.Now().Round(0).Add(time.Duration(set.Load())) }
			ch := &chat{name: "chat"}
			r := runWith(func(p *supervisor.Parts) { p.Now = now }, []supervisor.ProbePart{observing("a", "dep_down:a", always(messages.Critical))}, ch)
			time.Sleep(time.Minute)
			set.Store(int64(jump))
			for range 180 {
				time.Sleep(time.Second)
				if got := r.health(); len(got) != 0 {
					t.Errorf("/healthz says %q", got)
				}
			}
			if err := r.stop(); err != nil {
				t.Error(err)
			}
			if got := ch.lines(); !slices.Contains(got, "ALERT dep_down:a") {
				t.Errorf("told %q", got)
			}
		})
	}
}
