package mailbox

import "sync/atomic"

// Queue is a bounded queue whose senders never block. It holds pointers, so that room for a
// thousand values that never come costs little.
type Queue[V any] struct {
	c       chan *V
	dropped atomic.Uint64
}

// NewQueue makes an empty queue of the given capacity.
func NewQueue[V any](capacity int) *Queue[V] {
	return &Queue[V]{c: make(chan *V, capacity)}
}

// Offer queues the value, or counts a drop and returns false where the queue is full.
func (q *Queue[V]) Offer(value V) bool {
	select {
	case q.c <- &value:
		return true
	default:
		q.dropped.Add(1)
		return false
	}
}

// C is the reader's end. Nobody else holds what it gives.
func (q *Queue[V]) C() <-chan *V { return q.c }

// Dropped is how many values did not fit since the start.
func (q *Queue[V]) Dropped() uint64 { return q.dropped.Load() }
