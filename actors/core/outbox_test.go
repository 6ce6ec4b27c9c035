package core

import (
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/messages"
)

// refusing is a state with two channels and one pending ALERT, whose content the test lets a
// channel refuse.
type refusing struct {
	State
	at time.Time
	n  uint64
}

func newRefusing(t *testing.T) *refusing {
	t.Helper()
	r := &refusing{at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	r.State = New(&Settings{Tick: 15 * time.Second, Defaults: Policy{Enabled: true, RaiseTicks: 1, ClearTicks: 1, Flapping: DefaultFlapping}}, r.at)
	r.take(messages.Roster{At: r.at, Probes: []string{"db"}, Channels: []string{"chat", "log"}})
	r.take(messages.Report{Probe: "db", At: r.at, Observations: []messages.Observation{{Signal: "dep_down:db", Level: messages.Critical, Detail: "refused"}}})
	return r
}

func (r *refusing) take(m messages.Message) { r.State, _ = Step(r.State, m) }

// receipt sends the core a receipt for the chat's pending news of the database.
func (r *refusing) receipt(change func(*messages.Receipt)) {
	r.n++
	receipt := messages.Receipt{ID: r.n, Channel: "chat", At: r.at}
	for _, n := range r.Outbox("chat").Items {
		if n.Signal == "dep_down:db" {
			receipt.Items = append(receipt.Items, n)
		}
	}
	change(&receipt)
	r.take(receipt)
}

func (r *refusing) tick() {
	r.at = r.at.Add(15 * time.Second)
	r.take(messages.Tick{At: r.at})
}

// delivery returns the level and detail of watchdog_delivery of the chat.
func (r *refusing) delivery() (messages.Level, string) {
	o, _ := r.Last("watchdog_delivery:chat")
	return o.Level, o.Detail
}

// A refused content is no failure of the channel, and stays pending.
func TestARefusalOfAMessageIsNoFailureOfTheChannel(t *testing.T) {
	r := newRefusing(t)
	r.receipt(func(m *messages.Receipt) { m.Err, m.Refusal = "400", messages.RefusedTogether })
	for range 40 {
		r.tick()
	}
	if level, detail := r.delivery(); level != messages.OK {
		t.Errorf("%s: %s", level, detail)
	}
	if len(r.Outbox("chat").Items) != 1 {
		t.Error("the refused news is not pending any more")
	}
}

// News that a channel refuses for good is named by watchdog_delivery on the other channels while
// it is pending, also after a restart.
func TestWhatCantBeToldIsNamedElsewhere(t *testing.T) {
	r := newRefusing(t)
	r.receipt(func(m *messages.Receipt) {
		m.Err, m.Refusal, m.Permanent = "400 Bad Request", messages.RefusedAlone, true
	})
	r.tick()
	level, detail := r.delivery()
	if level != messages.Critical || !strings.Contains(detail, "ALERT of dep_down:db") || !strings.Contains(detail, "400 Bad Request") {
		t.Errorf("%s: %s", level, detail)
	}
	told := false
	for _, n := range r.Outbox("log").Items {
		told = told || n.Signal == "watchdog_delivery:chat" && n.News == messages.Alert
	}
	if !told {
		t.Errorf("pending for the log: %v", r.Outbox("log").Items)
	}
	data, err := r.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if r.State, err = Restore(data, r.settings, r.at); err != nil {
		t.Fatal(err)
	}
	r.tick()
	if level, _ = r.delivery(); level != messages.Critical {
		t.Errorf("after a restart: %s", level)
	}
	r.receipt(func(*messages.Receipt) {})
	if level, detail = r.delivery(); level != messages.OK {
		t.Errorf("once it was told: %s: %s", level, detail)
	}
}

// News that was told without its detail is a warning until the next tick.
func TestWhatWasShortenedIsSaidOnce(t *testing.T) {
	r := newRefusing(t)
	r.receipt(func(m *messages.Receipt) { m.Shortened = "400 Bad Request" })
	level, detail := r.delivery()
	if level != messages.Warning || detail != "dep_down:db was told without its detail: 400 Bad Request" {
		t.Errorf("%s: %s", level, detail)
	}
	r.tick()
	if level, detail = r.delivery(); level != messages.OK {
		t.Errorf("a tick later: %s: %s", level, detail)
	}
}
