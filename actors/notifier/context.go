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
	// Kin are signals that are another sign of the same trouble, where they are up.
	Kin []Kin
}

// Kin is another sign of the same trouble.
type Kin struct {
	Signal messages.Key
	Line   string // that says so
}

// inContext adds to news of trouble what a person would look up next. active is what the
// channel was told and is still so.
func (a *Actor) inContext(ctx context.Context, items, active []messages.Notification) []messages.Notification {
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
			if n.News == messages.Alert {
				beside(&items[i], lines.Kin, active, items[:i])
			}
		case messages.Recovered, messages.Missed: // it is over
		}
	}
	return items
}

// beside says that news is another sign of a trouble that was told already, in a message that
// it then replies to, or above it in the same one.
func beside(n *messages.Notification, kin []Kin, active, above []messages.Notification) {
	for _, k := range kin {
		same := func(other messages.Notification) bool { return other.Signal == k.Signal }
		if i := slices.IndexFunc(active, same); i >= 0 {
			n.Beside = active[i].ReplyTo
		} else if !slices.ContainsFunc(above, same) {
			continue
		}
		n.Context = append([]string{k.Line}, n.Context...)
		return
	}
}
