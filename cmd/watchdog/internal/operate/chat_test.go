package operate

import (
	"context"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/actors/history"
	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/notifier/telegram"
	"orchestrator-watchdog/messages"
)

// idleWatch is a watchdog in which nothing happens. It records what it is asked to say.
type idleWatch struct {
	state core.State
	said  []string
}

func (w *idleWatch) State() core.State { return w.state }

func (*idleWatch) AskAs(context.Context, string, messages.Message) (messages.Answer, error) {
	return messages.Answer{}, nil
}

func (w *idleWatch) Reply(_ string, a notifier.Reply) bool {
	w.said = append(w.said, a.Plain)
	return true
}

func (*idleWatch) ProbeAll(context.Context) ([]string, error) { return nil, nil }

// In a flood of commands maxAsked a minute are obeyed, and the rest get one answer. Other chats are
// not affected, and a minute later the chat is answered as usual.
func TestAFloodOfCommands(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	w, refusals := &idleWatch{}, 0
	c := &Chat{
		Watchdog: w, Bot: func() string { return "watchdog_bot" }, Zone: time.UTC, Log: zap.NewNop(), Now: func() time.Time { return now },
		Count: func(_, _, outcome string) {
			if outcome == refused {
				refusals++
			}
		},
	}
	asks := func(channel string) string {
		before := len(w.said)
		c.Handle(t.Context(), telegram.Incoming{Channel: channel, Text: "/silences", At: now})
		return strings.Join(w.said[before:], "\n")
	}
	for range 2 * maxAsked {
		asks("telegram")
	}
	if len(w.said) != maxAsked+1 || w.said[maxAsked] != slowDown || refusals != maxAsked {
		t.Errorf("%d answers, the last %q; %d were refused", len(w.said), w.said[len(w.said)-1], refusals)
	}
	if got := asks("telegram:2"); got == "" || got == slowDown {
		t.Errorf("another chat got %q", got)
	}
	now = now.Add(time.Minute)
	if got := asks("telegram"); got == "" || got == slowDown {
		t.Errorf("a minute later: %q", got)
	}
}

// The status in the chat shows sparklines of signals that are not ok.
func TestTheStatusShowsSparklines(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	store := history.NewStore(time.Hour)
	state := core.New(&core.Settings{Tick: 15 * time.Second, Defaults: core.Policy{Enabled: true, RaiseTicks: 1, ClearTicks: 1}}, now)
	for _, value := range []float64{61, 97} {
		now = now.Add(5 * time.Minute)
		level := messages.OK
		if value > 92 {
			level = messages.Warning
		}
		r := messages.Report{Probe: "host", At: now, Observations: []messages.Observation{messages.Observation{Signal: "host_memory", Level: level}.WithValue(value)}}
		store.Add(r)
		state, _ = core.Step(state, r)
	}
	w := &idleWatch{state: state}
	c := &Chat{
		Watchdog: w, Host: "web-1", Bot: func() string { return "watchdog_bot" }, Zone: time.UTC, History: store, Log: zap.NewNop(),
		Now: func() time.Time { return now }, Count: func(_, _, _ string) {},
	}
	c.Handle(t.Context(), telegram.Incoming{Channel: "telegram", Text: "/status", At: now})
	if len(w.said) != 1 || !strings.Contains(w.said[0], "host_memory warning") || !strings.Contains(w.said[0], "\n▁█ 5 min: 61 → 97 %\n") {
		t.Errorf("said\n%s", strings.Join(w.said, "\n"))
	}
}
