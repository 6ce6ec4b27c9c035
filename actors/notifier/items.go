package notifier

import (
	"crypto/sha256"
	"fmt"

	"orchestrator-watchdog/messages"
)

// SignalsOf are the keys of the signals that items are about.
func SignalsOf(items []messages.Notification) []string {
	signals := make([]string, len(items))
	for i, n := range items {
		signals[i] = string(n.Signal)
	}
	return signals
}

// Identity names what a message tells: the same for the same news that is sent again, and for
// no other.
func Identity(items []messages.Notification) [sha256.Size]byte {
	var id [sha256.Size]byte
	sum := sha256.New()
	for _, n := range items {
		_, _ = fmt.Fprintln(sum, n.Seq, n.Signal, n.News, n.At.UnixNano())
	}
	sum.Sum(id[:0])
	return id
}
