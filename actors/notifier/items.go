package notifier

import (
	"crypto/sha256"
	"fmt"

	"orchestrator-watchdog/messages"
)

// SignalsOf returns the key of each item's signal.
func SignalsOf(items []messages.Notification) []string {
	signals := make([]string, len(items))
	for i, n := range items {
		signals[i] = string(n.Signal)
	}
	return signals
}

// Identity returns a hash that identifies the news of a message. A retry of the same news has
// the same identity.
func Identity(items []messages.Notification) [sha256.Size]byte {
	var id [sha256.Size]byte
	sum := sha256.New()
	for _, n := range items {
		_, _ = fmt.Fprintln(sum, n.Seq, n.Signal, n.News, n.At.UnixNano())
	}
	sum.Sum(id[:0])
	return id
}
