package supervisor

import (
	"time"

	"orchestrator-watchdog/messages"
)

// Poison sends the core a message on which it panics.
func (t *Tree) Poison() { t.wiring.control <- nil }

// Request sends the core a request.
func (t *Tree) Request(m messages.Message) { t.wiring.control <- m }

// End releases the file, as the end of the process does.
func (s *Store) End() { s.file.Close() }

// Hang sends the core a message on which it hangs until the channel is closed.
func (t *Tree) Hang(until <-chan struct{}) { t.wiring.control <- hanging{until: until} }

// hanging is a message whose method When blocks until the channel is closed.
type hanging struct {
	messages.Tick
	until <-chan struct{}
}

func (h hanging) When() time.Time {
	<-h.until
	return h.At
}
