package notifier

import (
	"time"

	"orchestrator-watchdog/messages"
)

// compose picks what goes into the next message, or says how long nothing is ready
// (0: there is nothing at all). Urgent news goes first and at once; everything else
// goes together once its group has waited. One message holds all that is ready: a
// storm becomes one digest, whose text the rendering keeps within bounds.
func compose(items []messages.Notification, done map[uint64]bool, now time.Time, draining bool) (next []messages.Notification, wait time.Duration) {
	var ready, urgent []messages.Notification
	for _, n := range items {
		switch {
		case done[n.Seq]:
		case n.Urgent():
			urgent = append(urgent, n)
		case draining || !now.Before(n.NotBefore):
			ready = append(ready, n)
		case wait == 0 || n.NotBefore.Sub(now) < wait:
			wait = n.NotBefore.Sub(now)
		}
	}
	if len(urgent) > 0 {
		return urgent, 0
	}
	if len(ready) > 0 {
		return ready, 0
	}
	return nil, wait
}
