package dependency

import (
	"time"

	"orchestrator-watchdog/actors/peer"
)

// maxDetail bounds the part of a detail that comes from a peer, in bytes.
const maxDetail = 400

// inWords returns a plain text for common network errors, and nil for other errors.
func inWords(err error, timeout time.Duration) error { return peer.ExplainKnown(err, timeout) }

// bounded turns text from a peer into one line of at most limit bytes.
func bounded(text string, limit int) string { return peer.Line(text, limit) }
