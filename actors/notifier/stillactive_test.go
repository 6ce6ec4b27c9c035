package notifier

import (
	"slices"
	"testing"

	"orchestrator-watchdog/messages"
)

// A trouble whose end is pending is repeated only with the message that tells its end, which
// refers to it.
func TestATroubleWithAPendingEndIsNotRepeated(t *testing.T) {
	told := func(key messages.Key) messages.Notification {
		return messages.Notification{News: messages.Alert, Signal: key, Level: messages.Critical}
	}
	a, b := messages.Notification{Seq: 1, News: messages.Recovered, Signal: "a"}, messages.Notification{Seq: 2, News: messages.Alert, Signal: "b"}
	still := messages.Notification{Seq: 3, News: messages.Still, Signal: "c"}
	box := messages.Outbox{Items: []messages.Notification{a, b, still}, Active: []messages.Notification{told("a"), told("c")}}
	for name, c := range map[string]struct {
		items []messages.Notification
		want  []messages.Key
	}{
		"with other news":            {[]messages.Notification{b}, []messages.Key{"c"}},
		"in a refresh":               {nil, []messages.Key{"c"}},
		"with the news of its end":   {[]messages.Notification{a}, []messages.Key{"a", "c"}},
		"with all pending news":      {box.Items, []messages.Key{"a", "c"}},
		"with a reminder of another": {[]messages.Notification{still}, []messages.Key{"c"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []messages.Key
			for _, n := range stillActive(box, c.items) {
				got = append(got, n.Signal)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
