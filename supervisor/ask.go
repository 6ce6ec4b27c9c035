package supervisor

import (
	"context"
	"fmt"
	"sync"
	"time"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/messages"
)

// requests holds the requests to the core that are not answered yet, by name.
type requests struct {
	mu      sync.Mutex
	run     int64 // when this run began; part of the names, since the state remembers those of former runs
	number  uint64
	waiting map[string]chan messages.Answer
}

// next returns a name that is unique across runs.
func (r *requests) next() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.number++
	return fmt.Sprintf("ask-%d-%d", r.run, r.number)
}

// open returns the channel for the answer to the named request.
func (r *requests) open(name string) <-chan messages.Answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := make(chan messages.Answer, 1)
	r.waiting[name] = c
	return c
}

func (r *requests) close(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.waiting, name)
}

// answer delivers an answer if somebody waits for it.
func (r *requests) answer(answer messages.Answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.waiting[answer.To.Request]; c != nil {
		c <- answer
		delete(r.waiting, answer.To.Request)
	}
}

// Ask sends the core a request and waits for its answer. State then includes the effects of the
// request. makeRequest makes the request with the given name. The error is the context's.
func (t *Tree) Ask(ctx context.Context, makeRequest func(name string) messages.Message) (messages.Answer, error) {
	name := t.wiring.requests.next()
	return t.AskAs(ctx, name, makeRequest(name))
}

// AskAs does the same as Ask for a request that has the given name. The core handles a request
// only once, even if it is sent twice. The error is the context's.
func (t *Tree) AskAs(ctx context.Context, name string, request messages.Message) (messages.Answer, error) {
	answer := t.wiring.requests.open(name)
	defer t.wiring.requests.close(name)
	if err := t.Send(ctx, request); err != nil {
		return messages.Answer{}, err
	}
	select {
	case a := <-answer:
		return a, nil
	case <-ctx.Done():
		return messages.Answer{}, ctx.Err()
	}
}

// Send sends the core a message without waiting for an answer. The error is the context's.
func (t *Tree) Send(ctx context.Context, m messages.Message) error {
	select {
	case t.wiring.control <- m:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// maxReplies is how many answers may wait for a channel. Further ones are dropped.
const maxReplies = 50

// Reply queues a reply for a channel, behind all news. It reports whether there was room.
func (t *Tree) Reply(channel string, reply notifier.Reply) bool {
	select {
	case t.wiring.replies.of(channel) <- reply:
		return true
	default:
		return false
	}
}

// receiveAnswer passes an answer of the core to the asker, and acknowledgements to the channels whose
// messages show them.
func (t *Tree) receiveAnswer(answer messages.Answer) {
	t.wiring.requests.answer(answer)
	state := t.State()
	for _, r := range answer.Results {
		if r.Outcome != messages.Acknowledged {
			continue
		}
		if v, ok := state.Signal(r.Signal); ok {
			t.wiring.acknowledged(messages.Trouble{Signal: r.Signal, Began: v.Trouble}, r.Acknowledged)
		}
	}
}

// acknowledged tells the channels who acknowledged a trouble.
func (w *wiring) acknowledged(trouble messages.Trouble, by messages.Acknowledgement) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, ch := range w.updaters {
		ch.Acknowledged(trouble, by)
	}
}

// EnableButtons tells the channels whether presses of their buttons are handled.
func (t *Tree) EnableButtons(enabled bool) {
	w := t.wiring
	w.mu.Lock()
	defer w.mu.Unlock()
	w.buttonsOff = !enabled
	for _, ch := range w.updaters {
		ch.EnableButtons(enabled)
	}
}

// probeAllWithin is the limit of an immediate pass of all probes.
const probeAllWithin = 10 * time.Second

// ProbeAll makes every probe read now, and waits until all have reported, for at most probeAllWithin. late
// names the probes that have not reported. The error is the context's.
func (t *Tree) ProbeAll(ctx context.Context) (late []string, err error) {
	began := t.parts.Now()
	for _, p := range t.lastReports.status() {
		t.wiring.calls.of(p.Name).ReadNow()
	}
	limit := time.NewTimer(probeAllWithin)
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
