package mailbox

import (
	"slices"
	"sync"
)

// Latest holds the latest unread value of each sender. Senders never block, and the
// number of senders bounds its memory.
type Latest[K comparable, V any] struct {
	mu     sync.Mutex
	unread []K // the senders of values, oldest first
	values map[K]V
	ready  chan struct{}
}

// NewLatest returns an empty mailbox.
func NewLatest[K comparable, V any]() *Latest[K, V] {
	return &Latest[K, V]{values: make(map[K]V), ready: make(chan struct{}, 1)}
}

// Put stores a value. It replaces an unread value of the same sender, in its place in the
// order.
func (l *Latest[K, V]) Put(sender K, value V) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, waits := l.values[sender]; !waits {
		l.unread = append(l.unread, sender)
	}
	l.values[sender] = value
	l.signal()
}

// Ready returns the channel that delivers when there may be an unread value. Take may still
// find none.
func (l *Latest[K, V]) Ready() <-chan struct{} { return l.ready }

// Take removes and returns the oldest value; ok is false if there is none. While there are
// more, Ready delivers again, so that a reader may take one at a time.
func (l *Latest[K, V]) Take() (value V, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.unread) == 0 {
		return value, false
	}
	sender := l.unread[0]
	l.unread = l.unread[1:]
	value = l.values[sender]
	delete(l.values, sender)
	if len(l.unread) > 0 {
		l.signal()
	}
	return value, true
}

// Drop removes the unread value of a sender, if there is one.
func (l *Latest[K, V]) Drop(sender K) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, waits := l.values[sender]; waits {
		delete(l.values, sender)
		l.unread = slices.DeleteFunc(l.unread, func(k K) bool { return k == sender })
	}
}

func (l *Latest[K, V]) signal() {
	select {
	case l.ready <- struct{}{}:
	default:
	}
}
