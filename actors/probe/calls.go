package probe

import (
	"sync/atomic"
	"time"
)

// Calls request readings of a probe before their time. Its methods may be called from any
// goroutine and never block. No request is lost, and equal requests count as one.
type Calls struct {
	now, soon atomic.Bool
	// timer wakes the actor: when its next turn is due, and at once after a request. One channel
	// for both takes less memory than two.
	timer *time.Timer
}

// NewCalls creates Calls without a request.
func NewCalls() *Calls { return &Calls{timer: time.NewTimer(time.Hour)} }

// ReadNow requests a reading at once: an operator asked for a check.
func (c *Calls) ReadNow() { c.call(&c.now) }

// Confirm requests a reading after Options.Confirm: a signal is pending.
func (c *Calls) Confirm() { c.call(&c.soon) }

func (c *Calls) call(kind *atomic.Bool) {
	kind.Store(true)
	c.ring()
}

// ring wakes the actor. What it is to notice must be stored before.
func (c *Calls) ring() { c.timer.Reset(0) }

// sleep sets the timer. A ring from before may be lost by that, so the actor looks for requests
// afterwards.
func (c *Calls) sleep(d time.Duration) { c.timer.Reset(d) }
