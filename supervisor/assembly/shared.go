package assembly

import (
	"time"

	"orchestrator-watchdog/actors/probe/peerclock"
)

// Shared is what the probes of one process share. It outlives a reload, so that the
// probes that stay and those that come use the same.
type Shared struct {
	now   func() time.Time
	board *peerclock.Board // the Date headers that any probe saw that speaks HTTP
}

// NewShared makes it with the given clock.
func NewShared(now func() time.Time) *Shared {
	return &Shared{now: now, board: peerclock.NewBoard(now)}
}
