package core

import (
	"testing"
	"time"

	"orchestrator-watchdog/messages"
)

// A warning names each policy and window that matches only the former key of a signal.
func TestWhatFitsOnlyAFormerKeyIsWarnedOf(t *testing.T) {
	settings := &Settings{
		Tick: time.Second, Defaults: Policy{Enabled: true, RaiseTicks: 1, ClearTicks: 1},
		Rules:   []Rule{{Glob: "container_down:web", From: "w.yaml:3"}, {Glob: "container_*", From: "w.yaml:4"}},
		Windows: []*Window{{Signals: "*:web", From: "w.yaml:5", Zone: time.UTC}, {Signals: "*:*web*", From: "w.yaml:6", Zone: time.UTC}},
	}
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	_, effects := Step(New(settings, at), messages.Report{
		Probe: "docker", At: at, Observations: []messages.Observation{{Signal: "container_down:shop_web_1"}},
		Renamed: []messages.Rename{{From: "container_down:web", To: "container_down:shop_web_1"}},
	})
	var got []string
	for _, e := range effects {
		if o, ok := e.(Outdated); ok {
			got = append(got, o.Where+" "+o.Glob+" "+string(o.Now))
		}
	}
	if len(got) != 2 || got[0] != "w.yaml:3 container_down:web container_down:shop_web_1" || got[1] != "w.yaml:5 *:web container_down:shop_web_1" {
		t.Errorf("got %q", got)
	}
}
