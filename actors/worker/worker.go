// Package worker runs work that may hang or panic in its own goroutine, one piece at a
// time. Go can't kill a function that hangs, so an actor must not call it directly. It
// imports only the standard library.
package worker

import "sync"

// Worker runs one function at a time. It survives a restart of its actor, which so can't
// start a second function while an earlier one still runs.
type Worker[T any] struct {
	mu   sync.Mutex // busy and done change together
	busy bool
	done chan Result[T]
}

// Result is the result of a function. At most one of Err and Panic is set.
type Result[T any] struct {
	Value T
	Err   error
	Panic *Panic
}

// New returns an idle worker.
func New[T any]() *Worker[T] {
	return &Worker[T]{done: make(chan Result[T], 1)}
}

// Start runs f in its own goroutine and returns true. While an earlier function runs, it
// does nothing and returns false. It drops an earlier result that nobody received.
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

// Done returns the channel that delivers the results.
func (w *Worker[T]) Done() <-chan Result[T] { return w.done }
