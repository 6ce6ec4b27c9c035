package probe

import "sync/atomic"

// Calls ask a probe for a reading before its time. They may come from any goroutine, never
// wait, and are never lost; further ones of a kind that was not heard yet change nothing.
type Calls struct {
	now, soon atomic.Bool
	heard     chan struct{}
}

// NewCalls makes calls with nothing asked for.
func NewCalls() *Calls { return &Calls{heard: make(chan struct{}, 1)} }

// ReadNow asks for a reading at once: somebody wants to know.
func (c *Calls) ReadNow() { c.call(&c.now) }

// Confirm asks for a reading at the pace of confirmation: the core has a pending signal.
func (c *Calls) Confirm() { c.call(&c.soon) }

func (c *Calls) call(kind *atomic.Bool) {
	kind.Store(true)
	c.ring()
}

// ring lets the actor look at what there is.
func (c *Calls) ring() {
	select {
	case c.heard <- struct{}{}:
	default:
	}
}
