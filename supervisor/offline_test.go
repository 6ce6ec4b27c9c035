package supervisor_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor"
)

// When all witnesses fail together with a target, we are offline. The target's news is held back,
// and afterwards only what is still true is told.
func TestTheTargetsNewsIsHeldWhileWeAreOffline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		between := func(from, to time.Duration, l messages.Level) func(time.Duration) messages.Level {
			return func(time.Duration) messages.Level {
				if d := time.Since(start); d >= from && d < to {
					return l
				}
				return messages.OK
			}
		}
		ch := &chat{name: "chat"}
		witness := observing("witness", "watchdog_offline", between(time.Minute, 11*time.Minute, messages.Warning))
		witness.Witness = true
		witness.Phase = time.Second // it reads after the targets, so it must be woken to report in time
		r := run(append([]supervisor.ProbePart{
			observing("back", "dep_down:back", between(time.Minute, 11*time.Minute, messages.Critical)),
			observing("gone", "dep_down:gone", between(time.Minute, time.Hour, messages.Critical)),
		}, witness), ch)
		time.Sleep(20 * time.Minute)
		if got := strings.Join(ch.lines(), ", "); got != "ALERT watchdog_offline, RECOVERED watchdog_offline, ALERT dep_down:gone" &&
			got != "ALERT watchdog_offline, ALERT dep_down:gone, RECOVERED watchdog_offline" {
			t.Errorf("told %q", got)
		}
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
}

// Failing witnesses raise no alarm while every target is healthy.
func TestFailingWitnessesAloneRaiseNoAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch := &chat{name: "chat"}
		witness := observing("witness", "watchdog_offline", always(messages.Warning))
		witness.Witness = true
		r := run([]supervisor.ProbePart{observing("a", "dep_down:a", always(messages.OK)), witness}, ch)
		time.Sleep(20 * time.Minute)
		if got := ch.lines(); len(got) != 0 {
			t.Errorf("told %q", got)
		}
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
}
