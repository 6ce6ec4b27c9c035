package supervisor

import (
	"context"
	"fmt"
	"sync"
	"time"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/messages"
)

// asked are the requests to the core that were not answered yet, by their names.
type asked struct {
	mu      sync.Mutex
	run     int64 // when this run began: the state knows the names of former ones
	number  uint64
	waiting map[string]chan messages.Answer
}

// next is a name that no other request has, nor had in a former run.
func (a *asked) next() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.number++
	return fmt.Sprintf("ask-%d-%d", a.run, a.number)
}

// open is where the answer to the request of this name will come.
func (a *asked) open(name string) <-chan messages.Answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := make(chan messages.Answer, 1)
	a.waiting[name] = c
	return c
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
	name := t.wiring.asked.next()
	return t.AskAs(ctx, name, makeRequest(name))
}

// AskAs puts a request to the core that calls itself by a name of its own: one that comes twice
// is obeyed once. The error is the context's.
func (t *Tree) AskAs(ctx context.Context, name string, request messages.Message) (messages.Answer, error) {
	answer := t.wiring.asked.open(name)
	defer t.wiring.asked.close(name)
	if err := t.Tell(ctx, request); err != nil {
		return messages.Answer{}, err
	}
	select {
	case a := <-answer:
		return a, nil
	case <-ctx.Done():
		return messages.Answer{}, ctx.Err()
	}
}

// Tell puts a message to the core that nobody answers. The error is the context's.
func (t *Tree) Tell(ctx context.Context, m messages.Message) error {
	select {
	case t.wiring.control <- m:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// maxAsides are answers that wait for one channel; further ones are dropped.
const maxAsides = 50

// Say lets a channel answer somebody, behind all news. It tells whether there was room.
func (t *Tree) Say(channel string, aside notifier.Aside) bool {
	select {
	case t.wiring.asides.of(channel) <- aside:
		return true
	default:
		return false
	}
}

// answered hands an answer of the core to who asked, and to the channels whose messages show
// who has taken a trouble on.
func (t *Tree) answered(answer messages.Answer) {
	t.wiring.asked.answer(answer)
	state := t.State()
	for _, r := range answer.Results {
		if r.Outcome != messages.Acknowledged {
			continue
		}
		if v, ok := state.Signal(r.Signal); ok {
			t.wiring.marked(messages.Trouble{Signal: r.Signal, Began: v.Trouble}, r.Acknowledged)
		}
	}
}

// marked tells the channels who has taken a trouble on.
func (w *wiring) marked(trouble messages.Trouble, by messages.Acknowledgement) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, ch := range w.tidiers {
		ch.Acknowledged(trouble, by)
	}
}

// Listening tells the channels whether anybody hears what is pressed under their messages.
func (t *Tree) Listening(hears bool) {
	w := t.wiring
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deaf = !hears
	for _, ch := range w.tidiers {
		ch.Listening(hears)
	}
}

// passWithin bounds an immediate pass of all probes.
const passWithin = 10 * time.Second

// Pass lets every probe read now, and waits until each has reported, for ten seconds at the
// most. It names those that have not. The error is the context's.
func (t *Tree) Pass(ctx context.Context) (late []string, err error) {
	began := t.parts.Now()
	for _, p := range t.lastReports.status() {
		t.wiring.calls.of(p.Name).ReadNow()
	}
	limit := time.NewTimer(passWithin)
	defer limit.Stop()
	for {
		late = nil
		for _, p := range t.lastReports.status() {
			if p.LastReport == nil || p.LastReport.Before(began) {
				late = append(late, p.Name)
			}
		}
		if len(late) == 0 {
			return nil, nil
		}
		look := time.NewTimer(50 * time.Millisecond)
		select {
		case <-ctx.Done():
			look.Stop()
			return late, ctx.Err()
		case <-limit.C:
			look.Stop()
			return late, nil
		case <-look.C:
		}
	}
}
