package notifier

import (
	"slices"
	"time"

	"orchestrator-watchdog/messages"
)

// compose picks the items for the next message, the most severe first. If none is ready, wait is
// the time until one is, or 0 if there is none. Urgent news is sent at once and ahead of the
// rest. The rest waits for its group, so that a storm becomes one digest.
func compose(items []messages.Notification, done map[uint64]bool, now time.Time, draining bool) (next []messages.Notification, wait time.Duration) {
	var ready, urgent []messages.Notification
	for _, n := range items {
		switch {
		case done[n.Seq]:
		case n.Urgent():
			urgent = append(urgent, n)
		case draining || !now.Before(n.NotBefore) || now.Before(n.At):
			// An At in the future means that the clock stepped back. The group must not wait
			// for the length of the step.
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
