package mailbox

import "sync/atomic"

// Queue is a bounded queue whose senders never block. It holds pointers, so that unused
// capacity costs little memory.
type Queue[V any] struct {
	c       chan *V
	dropped atomic.Uint64
}

// NewQueue returns an empty queue of the given capacity.
func NewQueue[V any](capacity int) *Queue[V] {
	return &Queue[V]{c: make(chan *V, capacity)}
}

// Offer queues the value. If the queue is full, it counts a drop and returns false.
func (q *Queue[V]) Offer(value V) bool {
	select {
	case q.c <- &value:
		return true
	default:
		q.dropped.Add(1)
		return false
	}
}

// C returns the reader's end. The reader owns the values.
func (q *Queue[V]) C() <-chan *V { return q.c }

// Dropped returns how many values were refused since the start.
func (q *Queue[V]) Dropped() uint64 { return q.dropped.Load() }
