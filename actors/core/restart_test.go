package core

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"orchestrator-watchdog/messages"
)

// genMessage draws the next message for the core. Receipts are for the items of the state's
// own outboxes.
func genMessage(t *rapid.T, s State, at time.Time, receipt uint64) messages.Message {
	switch rapid.SampledFrom([]string{"report", "report", "report", "edge", "sent", "failed", "tick", "roster", "ask"}).Draw(t, "message") {
	case "edge":
		key := rapid.SampledFrom([]messages.Key{"host_oom", "container_oom:a"}).Draw(t, "one-shot")
		return messages.Edge{Probe: "p", At: at, Observation: messages.Observation{Signal: key, Level: messages.Critical, Detail: "killed"}}
	case "sent":
		channel := genChannel(t)
		items := s.Outbox(channel).Items
		return messages.Receipt{ID: receipt, Channel: channel, At: at, MessageID: int64(receipt), Items: items[:rapid.IntRange(0, len(items)).Draw(t, "sent")]}
	case "failed":
		channel := genChannel(t)
		return messages.Receipt{ID: receipt, Channel: channel, At: at, Items: s.Outbox(channel).Items, Err: "refused", Permanent: rapid.Bool().Draw(t, "permanent")}
	case "ask":
		return genRequest(t, at)
	case "tick":
		return messages.Tick{At: at}
	case "roster":
		return messages.Roster{At: at, Probes: []string{"p"}, Channels: []string{"chat", "log"}}
	}
	r := genReport(t, at)
	r.Complete = rapid.IntRange(0, 3).Draw(t, "complete") == 0
	return r
}

func genChannel(t *rapid.T) string {
	return rapid.SampledFrom([]string{"chat", "log"}).Draw(t, "channel")
}

func genPause(t *rapid.T) time.Duration {
	return rapid.SampledFrom([]time.Duration{0, 15 * time.Second, 15 * time.Second, time.Minute, 10 * time.Minute}).Draw(t, "pause")
}

// channelTexts describes the channels: what is pending, what was told, and their health.
func channelTexts(s State) []string {
	var all []string
	for _, ch := range s.Channels() {
		box := s.Outbox(ch.Name)
		for _, n := range append(box.Items, box.Active...) {
			all = append(all, fmt.Sprintf("%s: %s reply to %d, %d times", ch.Name, lines([]messages.Notification{n})[0], n.ReplyTo, n.Count))
		}
		all = append(all, fmt.Sprintf("%s: %d dropped, last well %s, %s", ch.Name, ch.Dropped, ch.LastOK, ch.LastError))
	}
	slices.Sort(all)
	return all
}

// A watchdog that restarts from a snapshot tells the same as one that had a gap of the same
// length, and its channels hold the same.
func TestPropertyASnapshotLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		settings := genSettings(t)
		s, at, receipts := New(settings, origin), origin, uint64(0)
		s, _ = Step(s, messages.Roster{At: at, Probes: []string{"p"}, Channels: []string{"chat", "log"}})
		for range rapid.IntRange(0, 50).Draw(t, "before") {
			at = at.Add(genPause(t))
			receipts++
			s, _ = Step(s, genMessage(t, s, at, receipts))
		}
		data, err := s.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		at = at.Add(time.Hour)
		restored, err := Restore(data, settings, at)
		if err != nil {
			t.Fatal(err)
		}
		// The first pass after the restart.
		s, _ = Step(s, messages.Report{Probe: "p", At: at})
		restored, _ = Step(restored, messages.Roster{At: at, Probes: []string{"p"}, Channels: []string{"chat", "log"}})
		restored, _ = Step(restored, messages.Report{Probe: "p", At: at})
		for range rapid.IntRange(1, 30).Draw(t, "after") {
			receipts++
			m := genMessage(t, s, at, receipts)
			if r, ok := m.(messages.Receipt); ok { // after a restart the items have other numbers
				m = renumbered(r, s)
				restored, _ = Step(restored, renumbered(r, restored))
				s, _ = Step(s, m)
				continue
			}
			var a, b []Effect
			s, a = Step(s, m)
			restored, b = Step(restored, m)
			one, other := lines(news(a)), lines(news(b))
			slices.Sort(one)
			slices.Sort(other)
			if !slices.Equal(one, other) {
				t.Fatalf("at %s\nwithout a restart: %q\nwith one:          %q", at, one, other)
			}
			if one, other := channelTexts(s), channelTexts(restored); !slices.Equal(one, other) {
				t.Fatalf("the channels at %s\nwithout a restart: %q\nwith one:          %q", at, one, other)
			}
			at = at.Add(genPause(t))
		}
	})
}

// renumbered returns the receipt for the same news from the outbox of the given state.
func renumbered(r messages.Receipt, s State) messages.Receipt {
	sent := r.Items
	r.Items = nil
	for _, n := range s.Outbox(r.Channel).Items {
		if slices.ContainsFunc(sent, func(m messages.Notification) bool {
			return m.Signal == n.Signal && m.At.Equal(n.At) && m.News == n.News && m.Count == n.Count
		}) {
			r.Items = append(r.Items, n)
		}
	}
	return r
}

// Changes moves exactly when the snapshot changes: waiting for it loses nothing, and no
// snapshot is written in vain.
func TestPropertyChangesCountWhatASnapshotHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, at := New(genSettings(t), origin), origin
		s, _ = Step(s, messages.Roster{At: at, Probes: []string{"p"}, Channels: []string{"chat", "log"}})
		before := essence(t, s)
		for i := range rapid.IntRange(1, 60).Draw(t, "messages") {
			at = at.Add(genPause(t))
			m := genMessage(t, s, at, uint64(i+1))
			next, _ := Step(s, m)
			after := essence(t, next)
			if moved := next.Changes() != s.Changes(); moved != (before != after) {
				t.Fatalf("Changes moved: %t, at %+v, from\n%s\nto\n%s", moved, m, before, after)
			}
			s, before = next, after
		}
	})
}

// essence returns a snapshot without the parts that Changes does not count: when it was made,
// the last values, when a channel last delivered, and the signals judged since the last tick.
func essence(t *rapid.T, s State) string {
	snap := s.snapshot()
	snap.At, snap.Skew, snap.Judged = time.Time{}, 0, map[string][]messages.Key{fmt.Sprint(s.judged): nil}
	for i := range snap.Signals {
		snap.Signals[i].Last, snap.Signals[i].Bad = messages.Observation{}, messages.Observation{}
	}
	for i := range snap.Channels {
		snap.Channels[i].LastOK, snap.Channels[i].LastErr = time.Time{}, ""
	}
	slices.SortFunc(snap.Signals, func(a, b signalSnapshot) int { return cmp.Compare(a.Key, b.Key) })
	text, err := json.Marshal(snap)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
