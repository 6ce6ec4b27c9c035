package notifier

import (
	"slices"
	"testing"
	"time"

	"orchestrator-watchdog/messages"
)

// compose picks urgent news at once and ahead of the rest, the rest with its group, and nothing
// that was confirmed already.
func TestTheItemsOfTheNextMessage(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	grouped := func(seq uint64, in time.Duration) messages.Notification {
		return messages.Notification{Seq: seq, News: messages.Alert, Level: messages.Warning, At: now, NotBefore: now.Add(in)}
	}
	urgent := func(seq uint64) messages.Notification {
		return messages.Notification{Seq: seq, News: messages.Event, Level: messages.Critical, At: now}
	}
	ahead := grouped(1, time.Hour)
	ahead.At = ahead.NotBefore.Add(-time.Second)

	for name, c := range map[string]struct {
		items    []messages.Notification
		done     []uint64
		draining bool
		want     []uint64
		wait     time.Duration
	}{
		"nothing to tell": {},
		"a group waits":   {items: []messages.Notification{grouped(1, time.Second)}, wait: time.Second},
		"the earlier of two groups sets the wait":         {items: []messages.Notification{grouped(1, 3*time.Second), grouped(2, time.Second)}, wait: time.Second},
		"a group that has waited goes together":           {items: []messages.Notification{grouped(1, 0), grouped(2, -time.Second)}, want: []uint64{1, 2}},
		"a group that still waits does not go along":      {items: []messages.Notification{grouped(1, 0), grouped(2, time.Second)}, want: []uint64{1}},
		"all urgent news goes together, and alone":        {items: []messages.Notification{grouped(1, 0), urgent(2), urgent(3)}, want: []uint64{2, 3}},
		"in a drain nothing waits":                        {items: []messages.Notification{grouped(1, time.Hour), grouped(2, 0)}, draining: true, want: []uint64{1, 2}},
		"in a drain urgent news still goes first":         {items: []messages.Notification{grouped(1, time.Hour), urgent(2)}, draining: true, want: []uint64{2}},
		"confirmed news is not told again":                {items: []messages.Notification{urgent(1), urgent(2)}, done: []uint64{1}, want: []uint64{2}},
		"confirmed news is not waited for":                {items: []messages.Notification{grouped(1, time.Second)}, done: []uint64{1}},
		"a clock that stepped back does not hold a group": {items: []messages.Notification{ahead}, want: []uint64{1}},
	} {
		t.Run(name, func(t *testing.T) {
			done := make(map[uint64]bool)
			for _, seq := range c.done {
				done[seq] = true
			}
			next, wait := compose(c.items, done, now, c.draining)
			var got []uint64
			for _, n := range next {
				got = append(got, n.Seq)
			}
			if !slices.Equal(got, c.want) || wait != c.wait {
				t.Errorf("got %v and wait %s, want %v and %s", got, wait, c.want, c.wait)
			}
		})
	}
}
