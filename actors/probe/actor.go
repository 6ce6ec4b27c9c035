package probe

import (
	"context"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/worker"
	"orchestrator-watchdog/messages"
)

// grace is how long past its deadline a reading may take before it counts as stuck:
// one that honours its context needs a moment to return.
const grace = time.Second

// stampEvery is how often an idle actor says that it lives. There may be a thousand of
// them, and liveness is patient for twice as long.
const stampEvery = 5 * time.Second

// Options are what an Actor is made of.
type Options struct {
	Name     string
	Probe    Probe
	Interval time.Duration // between the starts of readings
	Confirm  time.Duration // the same while a signal is pending; 0: Interval
	Phase    time.Duration // of the first reading, so that many probes do not start at once
	Deadline time.Duration // of the context of one reading

	Wake  <-chan struct{} // read at once: something happened; may be nil
	Calls *Calls          // nil: none come

	Emit     func(messages.Report)
	EmitEdge func(messages.Edge)
	Log      *zap.Logger // shared by all probes
	Now      func() time.Time
	Progress func() // called at every turn and at least every stampEvery
}

// Actor gives a probe its schedule, its deadline and its crash domain. Its fields
// outlive a crash: the supervisor restarts the same actor, which keeps its schedule
// and never has two readings under way.
//
// Its goroutine only keeps the schedule, and another one reads and reports. There may be
// thousands of actors, so each gets by with the smallest stack there is, 2 KiB: the loop calls
// nothing deep, and allocates nothing, since the allocator needs much of a stack.
type Actor struct {
	reporter
	Options
	timer *time.Timer
	start func() // starts read

	next  time.Time // of the regular schedule
	soon  time.Time // an earlier reading that was asked for; zero: none
	began time.Time // of the reading under way; zero: none
	stuck bool      // the reading under way is past its deadline
	again bool      // woken during a reading: it may have missed what happened

	over     atomic.Bool   // the reading has ended; what follows is set before
	panicked *worker.Panic // the reading's; nil: none
}

// NewActor makes the actor.
func NewActor(o Options) *Actor {
	if o.Confirm <= 0 {
		o.Confirm = o.Interval
	}
	if o.Calls == nil {
		o.Calls = NewCalls()
	}
	a := &Actor{Options: o, timer: time.NewTimer(stampEvery)}
	a.start = worker.Prepare(a.read, a.hasRead)
	return a
}

// String names the actor for its supervisor.
func (a *Actor) String() string { return "probe:" + a.Name }

// Serve reads on schedule until the context ends.
func (a *Actor) Serve(ctx context.Context) error {
	if a.next.IsZero() {
		a.next = a.Now().Add(a.Phase)
	}
	a.retire(false)
	for {
		a.Progress()
		a.timer.Reset(min(a.wait(), stampEvery))
		select {
		case <-ctx.Done():
			a.retire(true)
			return ctx.Err()
		case <-a.timer.C:
			a.turn()
		case <-a.Wake:
			a.wake()
		case <-a.Calls.heard:
			a.answer()
		}
	}
}

// answer does what calls ask for.
func (a *Actor) answer() {
	if a.over.Swap(false) {
		a.finish()
	}
	if a.Calls.soon.Swap(false) {
		a.hurry()
	}
	if a.Calls.now.Swap(false) {
		a.wake()
	}
}

// wake lets the probe read at once, and once more behind a reading that is under way.
func (a *Actor) wake() {
	a.soon, a.again = a.Now(), true
	a.turn()
}

// wait is how long nothing is to be done.
func (a *Actor) wait() time.Duration {
	at := a.due()
	if limit := a.limit(); a.reading() && !a.stuck && limit.Before(at) {
		at = limit
	}
	return at.Sub(a.Now())
}

// limit is when the reading under way counts as stuck.
func (a *Actor) limit() time.Time { return a.began.Add(a.Deadline + grace) }

func (a *Actor) reading() bool { return !a.began.IsZero() }

func (a *Actor) due() time.Time {
	if !a.soon.IsZero() && a.soon.Before(a.next) {
		return a.soon
	}
	return a.next
}

// hurry brings the next reading forward to the pace of confirmation.
func (a *Actor) hurry() {
	if soon := a.Now().Add(a.Confirm); soon.Before(a.due()) {
		a.soon = soon
	}
}

// turn does what is due: begin a reading, or say that the one under way is stuck.
func (a *Actor) turn() {
	now := a.Now()
	if a.reading() && !a.stuck && !now.Before(a.limit()) && a.close() {
		a.stuck = true
		a.logStuck(now)
		a.reportStuck(now)
	}
	if now.Before(a.due()) {
		return
	}
	regular := !now.Before(a.next)
	a.schedule(now)
	switch {
	case !a.reading():
		a.begin(now)
	case a.stuck:
		a.reportStuck(now)
	case regular:
		a.logSkipped(now)
	}
}

// schedule moves the regular schedule on, by whole intervals, so that a late reading
// does not shift those after it.
func (a *Actor) schedule(now time.Time) {
	a.soon = time.Time{}
	if late := now.Sub(a.next); late >= 0 {
		a.next = a.next.Add((late/a.Interval + 1) * a.Interval)
	}
}

// begin starts a reading.
func (a *Actor) begin(now time.Time) {
	a.began, a.stuck, a.again = now, false, false
	a.reporter.begin()
	a.start()
}

// read reads once. It outlives a restart of the actor.
func (a *Actor) read() {
	ctx, cancel := context.WithTimeout(context.Background(), a.Deadline)
	defer cancel()
	reading, err := a.Probe.Observe(ctx)
	a.returned(reading.Plain(), err)
}

// hasRead is called behind read, in its goroutine.
func (a *Actor) hasRead(panicked *worker.Panic) {
	a.panicked = panicked
	a.over.Store(true)
	a.Calls.ring()
}

// finish is called when a reading has returned and was reported, or has panicked.
func (a *Actor) finish() {
	began := a.began
	a.began, a.stuck = time.Time{}, false
	now := a.Now()
	if a.again {
		a.soon, a.again = now, false
	}
	if a.panicked != nil {
		a.reportPanic(now, now.Sub(began))
		panic(a.panicked)
	}
}
