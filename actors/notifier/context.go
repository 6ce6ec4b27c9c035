package notifier

import (
	"context"
	"slices"
	"time"

	"orchestrator-watchdog/messages"
)

const (
	// contextLimit is how long a message waits for its context (contract, section 3 "Context").
	contextLimit = 300 * time.Millisecond
	// maxInContext is how many signals of one message get a context: a digest has no room for it.
	maxInContext = 5
)

// Lines are what a person would look up next about a signal: text from outside.
type Lines struct {
	Context []string
	Quote   []string // of a log
}

// inContext adds to news of trouble what a person would look up next.
func (a *Actor) inContext(ctx context.Context, items []messages.Notification) []messages.Notification {
	if a.Context == nil || len(items) > maxInContext {
		return items
	}
	ctx, cancel := context.WithTimeout(ctx, contextLimit)
	defer cancel()
	items = slices.Clone(items)
	for i, n := range items {
		switch n.News {
		case messages.Alert, messages.Worse, messages.Still, messages.Flapping, messages.Event:
			lines := a.Context(ctx, n)
			items[i].Context, items[i].Quote = lines.Context, lines.Quote
		case messages.Recovered, messages.Missed: // it is over
		}
	}
	return items
}
