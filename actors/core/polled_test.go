package core

import (
	"testing"
	"time"

	"orchestrator-watchdog/messages"
)

// Failing polls are a failure of the channel, which the other channels tell. Working polls end
// it, but a channel that can't send stays down.
func TestPollsThatFailAreAFailureOfTheChannel(t *testing.T) {
	at := origin
	s := New(benchSettings(), at)
	takes := func(m messages.Message) { s, _ = Step(s, m) }
	delivery := func() messages.Level {
		v, _ := s.Signal("watchdog_delivery:telegram")
		return v.Hard
	}
	told := func() (news messages.News, detail string) {
		for _, n := range s.Outbox("log").Items {
			if n.Signal == "watchdog_delivery:telegram" {
				news, detail = n.News, n.Detail
			}
		}
		return news, detail
	}
	takes(messages.Roster{At: at, Channels: []string{"telegram", "log"}})
	at = at.Add(time.Second)
	takes(messages.Polled{At: at, Channel: "telegram", Err: "no answer"})
	if news, detail := told(); delivery() != messages.Critical || news != messages.Alert || detail != "polling for commands and buttons fails: no answer" {
		t.Errorf("%s, and told %s %q", delivery(), news, detail)
	}
	at = at.Add(time.Second)
	takes(messages.Receipt{ID: 1, Channel: "telegram", At: at, Err: "blocked", Permanent: true})
	at = at.Add(time.Second)
	takes(messages.Polled{At: at, Channel: "telegram"})
	if delivery() != messages.Critical {
		t.Errorf("a working poll made the channel %s, though it can't send", delivery())
	}
	at = at.Add(time.Second)
	takes(messages.Receipt{ID: 2, Channel: "telegram", At: at})
	if delivery() != messages.OK {
		t.Errorf("the channel sends, and is %s", delivery())
	}
	takes(messages.Polled{At: at, Channel: "gone with a reload", Err: "no answer"})
}
