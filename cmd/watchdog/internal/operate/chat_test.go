package operate

import (
	"context"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/notifier/telegram"
	"orchestrator-watchdog/messages"
)

// idleWatch is a watchdog in which nothing is wrong, and which keeps what it is to say.
type idleWatch struct{ said []string }

func (*idleWatch) State() core.State { return core.State{} }

func (*idleWatch) AskAs(context.Context, string, messages.Message) (messages.Answer, error) {
	return messages.Answer{}, nil
}

func (w *idleWatch) Say(_ string, a notifier.Aside) bool {
	w.said = append(w.said, a.Plain)
	return true
}

func (*idleWatch) Pass(context.Context) ([]string, error) { return nil, nil }

// Of a flood of commands so many a minute are obeyed, the rest by one line; other chats are
// not held up by it, and afterwards the chat is answered as ever.
func TestAFloodOfCommands(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	w, refusals := &idleWatch{}, 0
	c := &Chat{
		Watch: w, Bot: func() string { return "watchdog_bot" }, Zone: time.UTC, Log: zap.NewNop(), Now: func() time.Time { return now },
		Count: func(_, _, outcome string) {
			if outcome == refused {
				refusals++
			}
		},
	}
	asks := func(channel string) string {
		before := len(w.said)
		c.Handle(t.Context(), telegram.Said{Channel: channel, Text: "/silences", At: now})
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
