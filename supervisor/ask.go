package supervisor

import (
	"context"
	"fmt"
	"sync"

	"orchestrator-watchdog/messages"
)

// asked are the requests to the core that were not answered yet, by their names.
type asked struct {
	mu      sync.Mutex
	number  uint64
	waiting map[string]chan messages.Answer
}

// open gives a new request a name, and where its answer will come.
func (a *asked) open() (name string, answer <-chan messages.Answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.number++
	name = fmt.Sprintf("ask-%d", a.number)
	c := make(chan messages.Answer, 1)
	a.waiting[name] = c
	return name, c
}

func (a *asked) close(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.waiting, name)
}

// answer hands an answer to who waits for it, if anybody does.
func (a *asked) answer(answer messages.Answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.waiting[answer.To.Request]; c != nil {
		c <- answer
		delete(a.waiting, answer.To.Request)
	}
}

// Ask puts a request to the core and waits for its answer; when that is there, the state
// has what came of it. makeRequest is given the name by which the request has to call itself. The
// error is the context's.
func (t *Tree) Ask(ctx context.Context, makeRequest func(name string) messages.Message) (messages.Answer, error) {
	name, answer := t.wiring.asked.open()
	defer t.wiring.asked.close(name)
	select {
	case t.wiring.control <- makeRequest(name):
	case <-ctx.Done():
		return messages.Answer{}, ctx.Err()
	}
	select {
	case a := <-answer:
		return a, nil
	case <-ctx.Done():
		return messages.Answer{}, ctx.Err()
	}
}
