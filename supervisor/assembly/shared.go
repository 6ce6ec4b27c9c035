package assembly

import (
	"net/url"
	"sync/atomic"
	"time"

	"orchestrator-watchdog/actors/changes"
	"orchestrator-watchdog/actors/probe/container"
	"orchestrator-watchdog/actors/probe/orchestrator"
	"orchestrator-watchdog/actors/probe/peerclock"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/messages/mailbox"
)

// Shared holds what the probes of one process share. It survives reloads, so that old and new
// probes share it.
type Shared struct {
	now          func() time.Time
	facts        *container.Facts   // about containers, for messages
	clockOffsets *peerclock.Offsets // Date headers from all probes that use HTTP
	notes        *mailbox.Queue[changes.Change]
	orch         atomic.Value // a string; see Orchestrator
}

// NewShared returns a Shared with the given clock.
func NewShared(now func() time.Time) *Shared {
	s := &Shared{now: now, clockOffsets: peerclock.NewOffsets(now), notes: mailbox.NewQueue[changes.Change](maxUnread)}
	s.facts = container.NewFacts(s.Changed)
	return s
}

// Follow applies the settings of the start or of a reload.
func (s *Shared) Follow(c *config.Config) {
	o := config.Section[*orchestrator.Settings](c)
	host := o.Container
	if u, err := url.Parse(o.URL); host == "" && err == nil {
		host = u.Hostname()
	}
	s.orch.Store(host)
}

// Orchestrator returns the name by which to find the orchestrator's container: the setting, or the
// host of the orchestrator's URL; "" if neither is set.
func (s *Shared) Orchestrator() string {
	host, _ := s.orch.Load().(string)
	return host
}

// maxUnread is how many changes may wait in Notes. Further ones are dropped.
const maxUnread = 100

// Changed records that something changed on this host.
func (s *Shared) Changed(at time.Time, what string) {
	s.notes.Offer(changes.Change{At: at, What: what})
}

// Notes returns the recorded changes.
func (s *Shared) Notes() <-chan *changes.Change { return s.notes.C() }

// Facts returns the facts about containers besides their signals.
func (s *Shared) Facts() *container.Facts { return s.facts }
