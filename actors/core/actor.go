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

// Inbox is where the actor's messages wait. The supervisor owns it, so that it
// outlives the actor's crashes.
type Inbox struct {
	Ticks    <-chan messages.Tick
	Reports  *mailbox.Latest[string, messages.Report]
	Edges    <-chan *messages.Edge
	Receipts <-chan *messages.Receipt
	Control  <-chan messages.Message // Roster
	Settings <-chan *Settings        // other ones, after a reload
}

// Options are what an Actor is made of.
type Options struct {
	Inbox Inbox
	// State is owned by the supervisor and written by this actor alone.
	State *atomic.Pointer[State]
	// Commit lets others know of a state that differs from the one before it in what is
	// to be told or kept. It must not block.
	Commit func(State)
	// Confirm asks a probe to read again soon. It must not block.
	Confirm func(probe string)
	// Answered hands an answer to the person who asked. It must not block.
	Answered func(messages.Answer)
	Log      *zap.Logger
	Now      func() time.Time
	Progress func() // called at every turn and at least every second
}

// Actor is the decision actor: it takes a message, calls Step, commits the new state
// to the supervisor's cell, and only then lets others know.
type Actor struct {
	Options
	// stepping says that Step works on the message underway: still set when Serve
	// begins, that is the one that Step panicked on.
	stepping bool
	underway messages.Message
	logged   map[messages.Key]messages.Level
}

// NewActor makes the actor.
func NewActor(o Options) *Actor {
	return &Actor{Options: o, logged: make(map[messages.Key]messages.Level)}
}

// String names the actor for its supervisor.
func (a *Actor) String() string { return "core" }

// Serve takes messages until the context ends; then it takes what waits and ends.
func (a *Actor) Serve(ctx context.Context) error {
	a.Commit(*a.State.Load())
	if a.stepping {
		a.take(crashOn(a.underway, a.Now()))
	}
	alive := time.NewTicker(time.Second)
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

// takeControl takes the control messages that wait. A roster is sent before its probes
// start. If it were taken after their first report, the news of that report would miss the new
// channels.
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

// drain takes what waits in the mailboxes: the receipts of the last messages and what people
// asked for above all, so that a snapshot knows of them.
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

// take works on one message. A panic in Step leaves the state as it was, and the
// message in underway.
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
		a.Log.Warn("config_warning", zap.String("detail", fmt.Sprintf("%s: %q fits only a former key; the signal is called %s now, so write that, or a glob that fits it", e.Where, e.Glob, e.Now)))
	case Answer:
		a.logAnswer(e)
		a.Answered(messages.Answer(e))
	case Observed: // it was logged as an observation
	case Renamed: // it was logged before the observations under the new name
	}
}
