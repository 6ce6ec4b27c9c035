// Package worker runs one piece of work at a time beside an actor, for work that
// may hang or panic: a hung function can't be killed in Go, so it must not be the
// actor itself. It imports the standard library alone.
package worker

import "sync"

// Worker is a single-flight worker. It outlives the Serve of its actor: after a
// restart the actor finds the work of its former life still under way and can't
// start a second one beside it.
type Worker[T any] struct {
	mu   sync.Mutex // makes "returned" and "its result is there" one step
	busy bool
	done chan Result[T]
}

// Result is what a piece of work came to. At most one of Err and Panic is set.
type Result[T any] struct {
	Value T
	Err   error
	Panic *Panic
}

// New returns a worker with nothing under way.
func New[T any]() *Worker[T] {
	return &Worker[T]{done: make(chan Result[T], 1)}
}

// Start runs f in a goroutine of its own and returns true, or does nothing and
// returns false while an earlier f has not returned. A result that nobody took is
// dropped.
func (w *Worker[T]) Start(f func() (T, error)) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy {
		return false
	}
	select {
	case <-w.done:
	default:
	}
	w.busy = true
	var r Result[T]
	Prepare(func() { r.Value, r.Err = f() }, func(p *Panic) {
		r.Panic = p
		w.mu.Lock()
		defer w.mu.Unlock()
		w.busy = false
		w.done <- r // never blocks: it was emptied above
	})()
	return true
}

// Busy reports whether a piece of work is under way.
func (w *Worker[T]) Busy() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.busy
}

// Done delivers the result of each piece of work.
func (w *Worker[T]) Done() <-chan Result[T] { return w.done }
