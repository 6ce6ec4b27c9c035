package notifier

import (
	"slices"
	"time"

	"orchestrator-watchdog/messages"
)

// compose picks what may go into the next message, the most severe first, or says how
// long nothing is ready (0: there is nothing at all). Urgent news goes first and at
// once; everything else goes together once its group has waited: a storm becomes one
// digest, or as few as can name every signal.
func compose(items []messages.Notification, done map[uint64]bool, now time.Time, draining bool) (next []messages.Notification, wait time.Duration) {
	var ready, urgent []messages.Notification
	for _, n := range items {
		switch {
		case done[n.Seq]:
		case n.Urgent():
			urgent = append(urgent, n)
		case draining || !now.Before(n.NotBefore) || now.Before(n.At):
			// Decided in the future means that the clock went back: the group would
			// wait for as long as it went.
			ready = append(ready, n)
		case wait == 0 || n.NotBefore.Sub(now) < wait:
			wait = n.NotBefore.Sub(now)
		}
	}
	if len(urgent) > 0 {
		ready = urgent
	}
	if len(ready) > 0 {
		slices.SortStableFunc(ready, BySeverity)
		return ready, 0
	}
	return nil, wait
}
