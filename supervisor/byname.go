package supervisor

import "sync"

// byName holds a mailbox for each of several receivers, by name. Either side may use a name
// first. byName is safe for concurrent use.
type byName[B any] struct {
	open func() B

	mu  sync.Mutex
	all map[string]B
}

func newByName[B any](open func() B) *byName[B] {
	return &byName[B]{open: open, all: make(map[string]B)}
}

// of returns the mailbox of a receiver.
func (b *byName[B]) of(name string) B {
	b.mu.Lock()
	defer b.mu.Unlock()
	box, known := b.all[name]
	if !known {
		box = b.open()
		b.all[name] = box
	}
	return box
}
