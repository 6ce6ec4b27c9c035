package assembly

import (
	"time"

	"orchestrator-watchdog/actors/probe/container"
	"orchestrator-watchdog/actors/probe/peerclock"
)

// Shared is what the probes of one process share. It outlives a reload, so that the
// probes that stay and those that come use the same.
type Shared struct {
	now   func() time.Time
	facts *container.Facts // of the containers, for messages
	board *peerclock.Board // the Date headers that any probe saw that speaks HTTP
}

// NewShared makes it with the given clock.
func NewShared(now func() time.Time) *Shared {
	return &Shared{now: now, facts: container.NewFacts(), board: peerclock.NewBoard(now)}
}

// Facts are what is known of the containers beside their signals.
func (s *Shared) Facts() *container.Facts { return s.facts }
