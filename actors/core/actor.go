package core

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/mailbox"
)

// Inbox holds the actor's mailboxes. The supervisor owns them, so that they survive
// the actor's crashes.
type Inbox struct {
	Ticks    <-chan messages.Tick
	Reports  *mailbox.Latest[string, messages.Report]
	Edges    <-chan *messages.Edge
	Receipts <-chan *messages.Receipt
	Control  <-chan messages.Message // rosters and requests of people
	Settings <-chan *Settings        // new settings after a reload
}

// Options are the parameters of an Actor.
type Options struct {
	Inbox Inbox
	// State is owned by the supervisor; only this actor writes it.
	State *atomic.Pointer[State]
	// Commit publishes a state whose outboxes or snapshot differ from those of the previous
	// state. It must not block.
	Commit func(State)
	// Confirm asks a probe for another reading soon. It must not block.
	Confirm func(probe string)
	// Answered delivers the answer to a request. It must not block.
	Answered func(messages.Answer)
	Log      *zap.Logger
	Now      func() time.Time
	Progress func()        // called in each iteration, at least every Beat
	Beat     time.Duration // more than zero
}

// Actor is the decision actor. It takes a message, calls Step, stores the new state
// in the supervisor's cell, and only then performs the effects.
type Actor struct {
	Options
	// stepping is set while Step works on underway. If it is set when Serve begins, Step
	// panicked on that message.
	stepping bool
	underway messages.Message
	logged   map[messages.Key]messages.Level // the last logged level of each signal
}

// NewActor returns an Actor.
func NewActor(o Options) *Actor {
	return &Actor{Options: o, logged: make(map[messages.Key]messages.Level)}
}

// String returns the actor's name for its supervisor.
func (a *Actor) String() string { return "core" }

// Serve handles messages until the context ends. Then it handles those that are still in the
// mailboxes, and returns.
func (a *Actor) Serve(ctx context.Context) error {
	a.Commit(*a.State.Load())
	if a.stepping {
		a.take(crashOn(a.underway, a.Now()))
	}
	alive := time.NewTicker(a.Beat)
	defer alive.Stop()
	for {
		a.Progress()
		select {
		case <-ctx.Done():
			a.drain()
			return ctx.Err()
		case <-alive.C:
		case m := <-a.Inbox.Ticks:
			a.take(m)
		case m := <-a.Inbox.Edges:
			a.takeControl()
			a.take(*m)
		case m := <-a.Inbox.Receipts:
			a.take(*m)
		case m := <-a.Inbox.Control:
			a.take(m)
		case <-a.Inbox.Reports.Ready():
			a.takeControl()
			if m, ok := a.Inbox.Reports.Take(); ok {
				a.take(m)
			}
		case settings := <-a.Inbox.Settings:
			next := Reconfigure(*a.State.Load(), settings, a.Now())
			a.State.Store(&next)
		}
	}
}

// takeControl handles the control messages first. A roster is sent before its probes start; if
// it were handled after their first report, the news of that report would miss the new channels.
func (a *Actor) takeControl() {
	for {
		select {
		case m := <-a.Inbox.Control:
			a.take(m)
		default:
			return
		}
	}
}

// drain empties the mailboxes, so that a snapshot includes the last receipts and requests.
func (a *Actor) drain() {
	for {
		select {
		case m := <-a.Inbox.Control:
			a.take(m)
		case m := <-a.Inbox.Edges:
			a.take(*m)
		case m := <-a.Inbox.Receipts:
			a.take(*m)
		default:
			m, ok := a.Inbox.Reports.Take()
			if !ok {
				return
			}
			a.take(m)
		}
	}
}

// take handles one message. A panic in Step leaves the state unchanged, and the message in
// underway.
func (a *Actor) take(m messages.Message) {
	a.stepping, a.underway = true, m
	before := *a.State.Load()
	after, effects := Step(before, m)
	a.State.Store(&after)
	a.stepping, a.underway = false, nil
	a.logRenames(effects)
	a.logObservations(m, &before, &after, effects)
	for _, e := range effects {
		a.perform(e)
	}
	if after.changes != before.changes || !slices.Equal(after.channels, before.channels) {
		a.Commit(after)
	}
}

func crashOn(m messages.Message, at time.Time) messages.Crash {
	crash := messages.Crash{At: at, On: fmt.Sprintf("%T", m)}
	if r, ok := m.(messages.Receipt); ok {
		crash.Lost = &r
	}
	return crash
}

func (a *Actor) perform(e Effect) {
	switch e := e.(type) {
	case Told:
		a.logTold(e)
	case Suppressed:
		a.Log.Info("suppressed", zap.String("signal", string(e.Signal)), zap.Stringer("state", e.Level), zap.Stringer("reason", e.Reason))
	case Pending:
		a.Confirm(e.Probe)
	case Retired:
		a.Log.Info("retired", zap.String("signal", string(e.Signal)))
	case Outdated:
		a.Log.Warn("config_warning", zap.String("detail", fmt.Sprintf("%s: %q matches only a former key: the signal is now called %s; use that key or a glob that matches it", e.Where, e.Glob, e.Now)))
	case Answer:
		a.logAnswer(e)
		a.Answered(messages.Answer(e))
	case Observed: // logged by logObservations
	case Renamed: // logged by logRenames, before the observations under the new name
	}
}
