package core

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"orchestrator-watchdog/messages"
)

// A snapshot from before there were acknowledgements is read. Its trouble can be acknowledged
// by the time when it began.
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
	if r := effects[0].(Answer).Results[0]; r.Outcome != messages.Acknowledged {
		t.Errorf("the answer is %s", r.Outcome)
	}
}

// A request that changed something is logged, with the time of the request as ts. One that
// changed nothing is not logged.
func TestRequestsAreLogged(t *testing.T) {
	seen, logged := observer.New(zap.InfoLevel)
	state := New(benchSettings(), origin)
	a := NewActor(Options{Log: zap.New(seen), Commit: func(State) {}, Confirm: func(string) {}, Answered: func(messages.Answer) {}, State: new(atomic.Pointer[State])})
	a.State.Store(&state)
	by := messages.Asker{Name: "Ann", Channel: "telegram"}
	at := origin
	for range 2 {
		at = at.Add(time.Second)
		a.take(messages.Report{Probe: "p", At: at, Observations: []messages.Observation{{Signal: "dep_down:db", Level: messages.Critical}}})
	}
	logged.TakeAll()
	for _, m := range []messages.Message{
		messages.Acknowledge{At: at, By: by, Troubles: []messages.Trouble{{Signal: "dep_down:db"}, {Signal: "dep_down:web"}}},
		messages.Silence{At: at, By: by, Signals: []string{"dep_*", "host_*"}, For: time.Hour, Reason: "night"},
		messages.Silence{At: at, By: by, Signals: []string{"*"}},
		messages.Unsilence{At: at, By: by, IDs: []string{"s1", "s2"}},
	} {
		a.take(m)
	}
	var got []string
	for _, e := range logged.TakeAll() {
		fields, err := json.Marshal(e.ContextMap())
		if err != nil {
			t.Fatal(err)
		}
		if !e.Time.Equal(at) {
			t.Errorf("%s at %s, want %s", e.Message, e.Time, at)
		}
		got = append(got, e.Message+" "+string(fields))
	}
	want := []string{
		`acknowledged {"by":"Ann","channel":"telegram","signal":"dep_down:db"}`,
		`silenced {"by":"Ann","id":"s1","reason":"night","signals":["dep_*","host_*"],"until":"2026-01-01T01:00:02Z"}`,
		`unsilenced {"by":"Ann","id":"s1"}`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("logged\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A silence that was requested for one trouble does not begin once that trouble is over, also if
// the signal has another one.
func TestASilenceOfATroubleThatIsOver(t *testing.T) {
	s, at := New(benchSettings(), origin), origin
	observe := func(level messages.Level) {
		for range 2 {
			at = at.Add(15 * time.Second)
			s, _ = Step(s, messages.Report{Probe: "p", At: at, Observations: []messages.Observation{{Signal: "dep_down:db", Level: level}}})
		}
	}
	observe(messages.Critical)
	m := messages.Silence{Signals: []string{"dep_down:db"}, For: time.Hour, Trouble: messages.Trouble{Signal: "dep_down:db", Began: s.Signals()[0].Trouble}}
	ask := func() messages.Outcome {
		m.At = at
		_, effects := Step(s, m)
		return effects[0].(Answer).Results[0].Outcome
	}
	if got := ask(); got != messages.Silenced {
		t.Errorf("of the present trouble: %s", got)
	}
	observe(messages.OK)
	if got := ask(); got != messages.TroubleOver {
		t.Errorf("of a trouble that is over: %s", got)
	}
	observe(messages.Critical)
	if got := ask(); got != messages.TroubleOver {
		t.Errorf("of an earlier trouble: %s", got)
	}
}

// Requests can't make the state grow without bound.
func TestRequestsAreBounded(t *testing.T) {
	long := strings.Repeat("ä", 100_000)
	silence := messages.Silence{At: origin, By: messages.Asker{Name: long}, Signals: []string{"*"}, For: time.Hour, Reason: long}
	s := New(benchSettings(), origin)
	for range 10 * maxSilences {
		s, _ = Step(s, silence)
	}
	if n := len(s.Silences()); n != maxSilences {
		t.Errorf("%d silences, want %d", n, maxSilences)
	}
	for name, m := range map[string]messages.Silence{
		"no pattern":       {},
		"an empty pattern": {Signals: []string{""}},
		"a long pattern":   {Signals: []string{strings.Repeat("*", messages.MaxGlobLength+1)}},
		"many patterns":    {Signals: strings.Split(strings.Repeat("*,", messages.MaxSilenceGlobs)+"*", ",")},
	} {
		m.At, m.For = origin, time.Hour
		_, effects := Step(New(benchSettings(), origin), m)
		if r := effects[0].(Answer).Results[0]; r.Outcome != messages.SilenceRefused || r.Why == "" {
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
	if limit := maxSilences * 1100; len(data) > limit {
		t.Errorf("a snapshot of %d bytes, want at most %d", len(data), limit)
	}
	if !bytes.Contains(data, fmt.Appendf(nil, `"by":"%s"`, strings.Repeat("ä", maxNameRunes))) {
		t.Error("the name is not clipped to its limit")
	}
}
