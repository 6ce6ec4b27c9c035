package supervisor

import "sync"

// byName is a mailbox for each of several receivers, by their names. The sender or
// the receiver may come first. It may be used by several goroutines at once.
type byName[B any] struct {
	open func() B

	mu  sync.Mutex
	all map[string]B
}

func newByName[B any](open func() B) *byName[B] {
	return &byName[B]{open: open, all: make(map[string]B)}
}

// of is the mailbox of a receiver.
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
