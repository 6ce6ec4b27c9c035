package supervisor_test

import (
	"testing"
	"testing/synctest"
	"time"

	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor"
)

// The status shows acknowledgements and silences until they end.
func TestTheStatusShowsAcknowledgementsAndSilences(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run([]supervisor.ProbePart{observing("db", "dep_down:db", always(messages.Critical))}, &chat{name: "chat"})
		time.Sleep(time.Minute)
		asked := time.Now()
		by := messages.Asker{Name: "Ann", Channel: "chat"}
		r.tree.Request(messages.Acknowledge{At: asked, By: by, Troubles: []messages.Trouble{{Signal: "dep_down:db"}}})
		r.tree.Request(messages.Silence{At: asked, By: by, Signals: []string{"dep_*"}, For: time.Hour, Reason: "night"})
		synctest.Wait()
		status := r.tree.Source(supervisor.Identity{}).Status()
		if a := status.Signals[0].Acknowledged; a == nil || a.By != "Ann" || !a.At.Equal(asked) {
			t.Errorf("acknowledged: %+v", a)
		}
		if ids := status.Signals[0].SilencedBy; len(ids) != 1 || ids[0] != "s1" {
			t.Errorf("silenced by %q", ids)
		}
		if len(status.Silences) != 1 {
			t.Fatalf("silences: %+v", status.Silences)
		}
		if s := status.Silences[0]; s.ID != "s1" || s.Signals[0] != "dep_*" || !s.Until.Equal(asked.Add(time.Hour)) || s.By != "Ann" || s.Reason != "night" {
			t.Errorf("silence: %+v", s)
		}
		time.Sleep(time.Hour + tick)
		if status = r.tree.Source(supervisor.Identity{}).Status(); len(status.Silences) != 0 || len(status.Signals[0].SilencedBy) != 0 {
			t.Errorf("after the end of the silence: %+v", status.Silences)
		}
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
}
