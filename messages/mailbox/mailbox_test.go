package mailbox_test

import (
	"testing"

	"orchestrator-watchdog/messages/mailbox"
)

// The sender's next value replaces an unread one and takes its place in the order.
func TestTheLatestValueWins(t *testing.T) {
	l := mailbox.NewLatest[string, int]()
	l.Put("a", 1)
	l.Put("b", 2)
	l.Put("a", 3)
	for _, want := range []int{3, 2} {
		<-l.Ready()
		if got, ok := l.Take(); !ok || got != want {
			t.Errorf("took %d, %t; want %d", got, ok, want)
		}
	}
	if _, ok := l.Take(); ok {
		t.Error("took a value from an empty mailbox")
	}
}

// A full queue refuses and counts further values. It keeps the earlier ones, in order.
func TestAFullQueueCountsItsDrops(t *testing.T) {
	q := mailbox.NewQueue[int](2)
	for i, want := range []bool{true, true, false, false} {
		if got := q.Offer(i); got != want {
			t.Errorf("Offer(%d) = %t, want %t", i, got, want)
		}
	}
	if a, b := *<-q.C(), *<-q.C(); a != 0 || b != 1 || q.Dropped() != 2 {
		t.Errorf("got %d, %d and %d drops; want 0, 1 and 2", a, b, q.Dropped())
	}
}

// A cell returns its value any number of times, so a restarted reader finds it again.
func TestACellKeepsItsValue(t *testing.T) {
	c := mailbox.NewCell(1)
	c.Store(2)
	c.Store(3)
	<-c.Ready()
	for range 2 {
		if got := c.Load(); got != 3 {
			t.Errorf("got %d, want the value that was stored last, 3", got)
		}
	}
	select {
	case <-c.Ready():
		t.Error("Ready delivered twice for two stores without a reader")
	default:
	}
}
