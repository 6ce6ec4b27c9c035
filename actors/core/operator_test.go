package core

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/messages"
)

// A snapshot of an earlier program, which knew of no acknowledgements and silences, is read:
// its trouble can be acknowledged by when it began.
func TestASnapshotWithoutAcknowledgementsIsRead(t *testing.T) {
	settings, at := benchSettings(), origin
	s := New(settings, at)
	for range 2 {
		at = at.Add(15 * time.Second)
		s, _ = Step(s, messages.Report{Probe: "p", At: at, Observations: []messages.Observation{{Signal: "dep_down:db", Level: messages.Critical}}})
	}
	data, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	delete(doc["signals"].([]any)[0].(map[string]any), "trouble")
	if data, err = json.Marshal(doc); err != nil {
		t.Fatal(err)
	}
	restored, err := Restore(data, settings, at)
	if err != nil {
		t.Fatal(err)
	}
	began := s.Signals()[0].Trouble
	if got := restored.Signals()[0].Trouble; got != began || began == 0 {
		t.Fatalf("the trouble began %d, and %d before the restart", got, began)
	}
	_, effects := Step(restored, messages.Acknowledge{At: at, Troubles: []messages.Trouble{{Signal: "dep_down:db", Began: began}}})
	if r := effects[0].(Answer).Results[0]; r.Outcome != Acknowledged {
		t.Errorf("the answer is %s", r.Outcome)
	}
}

// What people ask for can't make the state grow without bound.
func TestRequestsAreBounded(t *testing.T) {
	long := strings.Repeat("ä", 100_000)
	silence := messages.Silence{At: origin, By: messages.Asker{Name: long}, Signals: []string{"*"}, For: time.Hour, Reason: long}
	s := New(benchSettings(), origin)
	for range 10 * MaxSilences {
		s, _ = Step(s, silence)
	}
	if n := len(s.Silences()); n != MaxSilences {
		t.Errorf("%d silences, want %d", n, MaxSilences)
	}
	for name, m := range map[string]messages.Silence{
		"no pattern":       {},
		"an empty pattern": {Signals: []string{""}},
		"a long pattern":   {Signals: []string{strings.Repeat("*", MaxGlobLength+1)}},
		"many patterns":    {Signals: strings.Split(strings.Repeat("*,", MaxSilenceGlobs)+"*", ",")},
	} {
		m.At, m.For = origin, time.Hour
		_, effects := Step(New(benchSettings(), origin), m)
		if r := effects[0].(Answer).Results[0]; r.Outcome != SilenceRefused || r.Why == "" {
			t.Errorf("%s: %s %q", name, r.Outcome, r.Why)
		}
	}
	s, _ = Step(s, messages.Report{Probe: "p", At: origin, Observations: []messages.Observation{{Signal: "orch_stale", Level: messages.Critical}}})
	s, _ = Step(s, messages.Report{Probe: "p", At: origin, Observations: []messages.Observation{{Signal: "orch_stale", Level: messages.Critical}}})
	s, _ = Step(s, messages.Acknowledge{At: origin, By: messages.Asker{Name: long}, Troubles: []messages.Trouble{{Signal: "orch_stale"}}})
	data, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if limit := MaxSilences * 1100; len(data) > limit {
		t.Errorf("a snapshot of %d bytes, want %d at the most", len(data), limit)
	}
	if !bytes.Contains(data, fmt.Appendf(nil, `"by":"%s"`, strings.Repeat("ä", maxNameRunes))) {
		t.Error("names are not kept up to their limit")
	}
}
