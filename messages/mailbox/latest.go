package mailbox

import (
	"slices"
	"sync"
)

// Latest keeps the latest value of each sender. Senders never block, and memory is
// bounded by their number.
type Latest[K comparable, V any] struct {
	mu     sync.Mutex
	waits  []K // whose value is unread, longest first
	values map[K]V
	ready  chan struct{}
}

// NewLatest makes an empty mailbox.
func NewLatest[K comparable, V any]() *Latest[K, V] {
	return &Latest[K, V]{values: make(map[K]V), ready: make(chan struct{}, 1)}
}

// Put leaves a value, and replaces one of the same sender that nobody took yet.
func (l *Latest[K, V]) Put(sender K, value V) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, unread := l.values[sender]; !unread {
		l.waits = append(l.waits, sender)
	}
	l.values[sender] = value
	l.signal()
}

// Ready delivers when a value may be waiting: Take may find none all the same.
func (l *Latest[K, V]) Ready() <-chan struct{} { return l.ready }

// Take takes the value that waited longest. A value that waits behind it makes
// Ready deliver again, so a reader takes one value a turn.
func (l *Latest[K, V]) Take() (value V, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waits) == 0 {
		return value, false
	}
	sender := l.waits[0]
	l.waits = l.waits[1:]
	value = l.values[sender]
	delete(l.values, sender)
	if len(l.waits) > 0 {
		l.signal()
	}
	return value, true
}

// Drop drops the value of a sender that is gone, where nobody took it yet.
func (l *Latest[K, V]) Drop(sender K) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, unread := l.values[sender]; unread {
		delete(l.values, sender)
		l.waits = slices.DeleteFunc(l.waits, func(waiting K) bool { return waiting == sender })
	}
}

func (l *Latest[K, V]) signal() {
	select {
	case l.ready <- struct{}{}:
	default:
	}
}
