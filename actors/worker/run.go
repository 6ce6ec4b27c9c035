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

// Run runs f in a goroutine of its own. When f has ended it calls done there, with the panic
// of f or nil.
func Run(f func(), done func(*Panic)) {
	go func() {
		defer func() {
			var p *Panic
			if v := recover(); v != nil {
				p = &Panic{Value: v, Stack: debug.Stack()}
			}
			done(p)
		}()
		f()
	}()
}
