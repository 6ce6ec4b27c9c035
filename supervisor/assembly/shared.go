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

// Shared is what the probes of one process share. It outlives a reload, so that the
// probes that stay and those that come use the same.
type Shared struct {
	now   func() time.Time
	facts *container.Facts // of the containers, for messages
	board *peerclock.Board // the Date headers that any probe saw that speaks HTTP
	notes *mailbox.Queue[changes.Change]
	orch  atomic.Value // a string, see Orchestrator
}

// NewShared makes it with the given clock.
func NewShared(now func() time.Time) *Shared {
	s := &Shared{now: now, board: peerclock.NewBoard(now), notes: mailbox.NewQueue[changes.Change](maxUnread)}
	s.facts = container.NewFacts(s.Changed)
	return s
}

// Follow takes the settings that are in effect from now on.
func (s *Shared) Follow(c *config.Config) {
	o := config.Section[*orchestrator.Settings](c)
	host := o.Container
	if u, err := url.Parse(o.URL); host == "" && err == nil {
		host = u.Hostname()
	}
	s.orch.Store(host)
}

// Orchestrator is what leads to the container that the orchestrator runs in: its name as it is
// set, or the host of its URL. Empty: nothing does.
func (s *Shared) Orchestrator() string {
	host, _ := s.orch.Load().(string)
	return host
}

// maxUnread is how many changes wait to be remembered; further ones are forgotten.
const maxUnread = 100

// Changed notes something that changed on this host.
func (s *Shared) Changed(at time.Time, what string) {
	s.notes.Offer(changes.Change{At: at, What: what})
}

// Notes are the changes for who remembers them.
func (s *Shared) Notes() <-chan *changes.Change { return s.notes.C() }

// Facts are what is known of the containers beside their signals.
func (s *Shared) Facts() *container.Facts { return s.facts }
