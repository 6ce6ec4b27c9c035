package dependency

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/messages/secret"
)

// trial is one running check. An abandoned connection may still report steps for a moment;
// they are dropped once the check is over.
type trial struct {
	now     func() time.Time
	timeout time.Duration
	began   time.Time
	trace   *peer.Trace
	cleaner *secret.Cleaner // masks our credentials in a peer's text; may be nil

	mu       sync.Mutex
	over     bool
	last     time.Time // when the last step ended
	steps    []step
	shortest *lifetime // of the certificates that were seen; nil: none
}

type step struct {
	name string
	took time.Duration
}

func newTrial(now func() time.Time, timeout time.Duration) *trial {
	began := now()
	t := &trial{now: now, timeout: timeout, began: began, last: began}
	t.trace = &peer.Trace{StepDone: t.done, GotChain: t.gotChain, Now: now, Timeout: timeout}
	return t
}

// done records that the named step ended now.
func (t *trial) done(name string) {
	now := t.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return
	}
	t.steps = append(t.steps, step{name, now.Sub(t.last)})
	t.last = now
}

// hasDone reports whether the named step was done.
func (t *trial) hasDone(name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.ContainsFunc(t.steps, func(s step) bool { return s.name == name })
}

// lastStep returns the name of the last step.
func (t *trial) lastStep() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.steps) == 0 {
		return ""
	}
	return t.steps[len(t.steps)-1].name
}

// end closes the trial. It records the step that failed, which took time too.
func (t *trial) end(err error) {
	if failed, ok := errors.AsType[*peer.StepError](err); ok && t.lastStep() != failed.Step {
		t.done(failed.Step)
	}
	t.mu.Lock()
	t.over = true
	t.mu.Unlock()
}

// took returns the duration of all steps together.
func (t *trial) took() time.Duration { return t.last.Sub(t.began) }

// String lists the steps with their durations: "connect 1ms, status 12ms".
func (t *trial) String() string {
	var b strings.Builder
	for i, s := range t.steps {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(s.name)
		b.WriteByte(' ')
		b.WriteString(shown(s.took).String())
	}
	return b.String()
}

// at adds the step to an error.
func at(step string, err error) error { return peer.AtStep(step, err) }

// failed words a network error and adds the step.
func (t *trial) failed(step string, err error) error { return at(step, t.trace.Explain(err)) }
