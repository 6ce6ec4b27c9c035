package notifier

import (
	"context"
	"slices"
	"time"

	"orchestrator-watchdog/messages"
)

const (
	// contextLimit is how long a message waits for its context.
	contextLimit = 300 * time.Millisecond
	// maxWithContext is how many signals a message with context has at most: a digest has no room for it.
	maxWithContext = 5
)

// Lines hold what a person would look up next about a signal. The text comes from outside.
type Lines struct {
	Context []string
	Quote   []string // lines of a log
	// Related are signals that, while they are active, show the same trouble.
	Related []Related
}

// Related is a signal that shows the same trouble as another one.
type Related struct {
	Signal messages.Key
	Line   string // says what the two have in common
}

// addContext returns items with context added to news of trouble. active holds the troubles that
// the channel was told of and that are still active.
func (a *Actor) addContext(ctx context.Context, items, active []messages.Notification) []messages.Notification {
	if a.Context == nil || len(items) > maxWithContext {
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
			if n.News == messages.Alert {
				linkRelated(&items[i], lines.Related, active, items[:i])
			}
		case messages.Recovered, messages.Missed: // needs no context
		}
	}
	return items
}

// linkRelated adds a line to news whose trouble was told already under another signal. That signal
// is above in the same message, or in an earlier message, to which the news then replies.
func linkRelated(n *messages.Notification, related []Related, active, above []messages.Notification) {
	for _, k := range related {
		same := func(other messages.Notification) bool { return other.Signal == k.Signal }
		if i := slices.IndexFunc(active, same); i >= 0 {
			n.RelatedMessage = active[i].ReplyTo
		} else if !slices.ContainsFunc(above, same) {
			continue
		}
		n.Context = append([]string{k.Line}, n.Context...)
		return
	}
}
