package mailbox

import "sync/atomic"

// Cell holds the value that was stored last. Load does not remove it, so a restarted
// reader finds it again.
type Cell[V any] struct {
	value atomic.Pointer[V]
	ready chan struct{}
}

// NewCell returns a cell that holds the given value.
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

// Load returns the value that was stored last.
func (c *Cell[V]) Load() V { return *c.value.Load() }

// Ready returns the channel that delivers after one or more calls of Store. There may be
// only one reader.
func (c *Cell[V]) Ready() <-chan struct{} { return c.ready }
