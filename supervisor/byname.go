package supervisor

import "sync"

// byName is a bounded channel for each of several receivers, by their names. The sender or
// the receiver may come first. It may be used by several goroutines at once.
type byName[V any] struct {
	capacity int

	mu  sync.Mutex
	all map[string]chan V
}

func newByName[V any](capacity int) *byName[V] {
	return &byName[V]{capacity: capacity, all: make(map[string]chan V)}
}

// of is the channel of a receiver.
func (b *byName[V]) of(name string) chan V {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.all[name] == nil {
		b.all[name] = make(chan V, b.capacity)
	}
	return b.all[name]
}

// offer leaves a value without waiting, and tells whether there was room.
func (b *byName[V]) offer(name string, value V) bool {
	select {
	case b.of(name) <- value:
		return true
	default:
		return false
	}
}
