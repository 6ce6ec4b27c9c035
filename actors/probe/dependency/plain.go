package dependency

import (
	"time"

	"orchestrator-watchdog/actors/peer"
)

// maxDetail bounds what a peer can make a detail grow to, in bytes.
const maxDetail = 400

// inWords gives the words for errors that are known to happen on networks; nil for the rest.
func inWords(err error, timeout time.Duration) error { return peer.Known(err, timeout) }

// bounded makes text from outside one line of at most limit bytes.
func bounded(text string, limit int) string { return peer.Line(text, limit) }
