package mailbox

import "sync/atomic"

// Cell holds one value: the latest that was stored. Loading does not take it, so a
// reader that was restarted finds it again.
type Cell[V any] struct {
	value atomic.Pointer[V]
	ready chan struct{}
}

// NewCell makes a cell that holds the given value.
func NewCell[V any](value V) *Cell[V] {
	c := &Cell[V]{ready: make(chan struct{}, 1)}
	c.value.Store(&value)
	return c
}

// Store replaces the value.
func (c *Cell[V]) Store(value V) {
	c.value.Store(&value)
	select {
	case c.ready <- struct{}{}:
	default:
	}
}

// Load gives the value.
func (c *Cell[V]) Load() V { return *c.value.Load() }

// Ready delivers after a Store, once for any number of them. One reader only.
func (c *Cell[V]) Ready() <-chan struct{} { return c.ready }
