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

// String returns what the panic said.
func (p *Panic) String() string { return fmt.Sprint(p.Value) }

// Prepare returns a function that starts f in a goroutine of its own. When f ends, done is called
// in that goroutine with the panic of f, or nil. The returned function allocates nothing, so a
// goroutine with the smallest stack can call it.
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
