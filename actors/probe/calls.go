package probe

import "sync/atomic"

// Calls request readings of a probe before their time. Its methods may be called from any
// goroutine and never block. No request is lost, and equal requests count as one.
type Calls struct {
	now, soon atomic.Bool
	heard     chan struct{}
}

// NewCalls creates Calls without a request.
func NewCalls() *Calls { return &Calls{heard: make(chan struct{}, 1)} }

// ReadNow requests a reading at once: an operator asked for a check.
func (c *Calls) ReadNow() { c.call(&c.now) }

// Confirm requests a reading after Options.Confirm: a signal is pending.
func (c *Calls) Confirm() { c.call(&c.soon) }

func (c *Calls) call(kind *atomic.Bool) {
	kind.Store(true)
	c.ring()
}

// ring wakes the actor.
func (c *Calls) ring() {
	select {
	case c.heard <- struct{}{}:
	default:
	}
}
