package worker

import (
	"fmt"
	"runtime/debug"
)

// Panic is a recovered panic. The actor may panic with it, so that its supervisor sees it.
type Panic struct {
	Value any
	Stack []byte // of the goroutine that panicked
}

// String returns the value of the panic as text.
func (p *Panic) String() string { return fmt.Sprint(p.Value) }

// recovered makes a Panic of what recover returned in a deferred function; nil if there was none.
func recovered(value any) *Panic {
	if value == nil {
		return nil
	}
	return &Panic{Value: value, Stack: debug.Stack()}
}

// Prepare returns a function that starts f in a goroutine of its own. When f ends, done is called
// in that goroutine with the panic of f, or nil. The returned function allocates nothing, so a
// goroutine with the smallest stack can call it.
func Prepare(f func(), done func(*Panic)) (start func()) {
	run := func() {
		defer func() {
			done(recovered(recover()))
		}()
		f()
	}
	return func() { go run() }
}
