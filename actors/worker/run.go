package worker

import (
	"fmt"
	"runtime/debug"
)

// Panic is a panic of the work, handed back so that the actor can panic with it
// and its supervisor sees it.
type Panic struct {
	Value any
	Stack []byte // of the goroutine that panicked
}

// String gives what the panic said.
func (p *Panic) String() string { return fmt.Sprint(p.Value) }

// Prepare makes a function that starts f in a goroutine of its own. When f has ended, done is
// called there with the panic of f, or nil. To start it allocates nothing, so that a goroutine
// with the smallest stack can do it: an allocation may need more than is left of 2 KiB.
func Prepare(f func(), done func(*Panic)) (start func()) {
	run := func() {
		defer func() {
			var p *Panic
			if v := recover(); v != nil {
				p = &Panic{Value: v, Stack: debug.Stack()}
			}
			done(p)
		}()
		f()
	}
	return func() { go run() }
}
