package probe

import (
	"context"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/worker"
	"orchestrator-watchdog/messages"
)

// grace is how long past its deadline a reading may run before it counts as stuck. A reading
// that honours its context needs a moment to return.
const grace = time.Second

// Options are the configuration of an Actor.
type Options struct {
	*Common
	Name     string
	Probe    Probe
	Interval time.Duration // between the starts of readings
	Confirm  time.Duration // the same while a signal is pending; 0: Interval
	Phase    time.Duration // delay of the first reading, so that probes do not all start at once
	Deadline time.Duration // for the context of one reading

	Wake  <-chan struct{} // asks for a reading at once: something happened; may be nil
	Calls *Calls          // requests for a reading before its time; nil: there are none

	Progress func() // called on every event and at least every Beat
}

// Common is the part of Options that all actors share. There may be thousands.
type Common struct {
	Emit     func(messages.Report)
	EmitEdge func(messages.Edge)
	Log      *zap.Logger
	Now      func() time.Time
	Beat     time.Duration // more than zero
}

// Actor runs a probe on a schedule, with a deadline, and contains its panics. Its fields survive
// a crash: the supervisor restarts the same Actor, which keeps its schedule and never runs two
// readings at a time.
//
// Its goroutine keeps the schedule. Each reading has a goroutine of its own, which also reports
// it. There may be thousands of actors, so the loop stays within the smallest stack, 2 KiB: it
// makes no deep calls and no allocations, because the allocator itself may need more.
type Actor struct {
	reporter
	Options
	start func() // starts read in its goroutine

	next  time.Time // next reading of the regular schedule
	soon  time.Time // an earlier reading that was requested; zero: none
	began time.Time // start of the running reading; zero: none runs
	stuck bool      // the running reading is past its deadline
	again bool      // woken during a reading, which may have missed what happened

	over     atomic.Bool   // the reading has ended, and panicked is set
	panicked *worker.Panic // the panic of the reading; nil: it returned
}

// NewActor creates an actor. Serve runs it.
func NewActor(o Options) *Actor {
	if o.Confirm <= 0 {
		o.Confirm = o.Interval
	}
	if o.Calls == nil {
		o.Calls = NewCalls()
	}
	a := &Actor{Options: o}
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
		a.Calls.sleep(min(a.wait(), a.Beat))
		if a.answer() {
			continue
		}
		select {
		case <-ctx.Done():
			a.retire(true)
			return ctx.Err()
		case <-a.Calls.timer.C:
			a.turn()
		case <-a.Wake:
			a.wake()
		}
	}
}

// answer handles the end of a reading and requests for another. It reports whether there was any.
func (a *Actor) answer() bool {
	ended := a.over.Swap(false)
	if ended {
		a.finish()
	}
	soon, now := a.Calls.soon.Swap(false), a.Calls.now.Swap(false)
	if soon {
		a.hurry()
	}
	if now {
		a.wake()
	}
	return ended || soon || now
}

// wake starts a reading at once. If one is running, another follows it.
func (a *Actor) wake() {
	a.soon, a.again = a.Now(), true
	a.turn()
}

// wait returns the time until turn has something to do.
func (a *Actor) wait() time.Duration {
	at := a.due()
	if limit := a.limit(); a.reading() && !a.stuck && limit.Before(at) {
		at = limit
	}
	return at.Sub(a.Now())
}

// limit returns when the running reading counts as stuck.
func (a *Actor) limit() time.Time { return a.began.Add(a.Deadline + grace) }

func (a *Actor) reading() bool { return !a.began.IsZero() }

func (a *Actor) due() time.Time {
	if !a.soon.IsZero() && a.soon.Before(a.next) {
		return a.soon
	}
	return a.next
}

// hurry brings the next reading forward to Confirm from now.
func (a *Actor) hurry() {
	if soon := a.Now().Add(a.Confirm); soon.Before(a.due()) {
		a.soon = soon
	}
}

// turn starts a reading if one is due, and reports a stuck one.
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

// schedule advances the regular schedule by whole intervals, so that a late reading does not
// shift the later ones.
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

// read reads once and reports. It survives a restart of the actor.
func (a *Actor) read() {
	ctx, cancel := context.WithTimeout(context.Background(), a.Deadline)
	defer cancel()
	reading, err := a.Probe.Observe(ctx)
	a.returned(reading.Plain(), err)
}

// hasRead notes the end of a reading. It runs in the reading's goroutine.
func (a *Actor) hasRead(panicked *worker.Panic) {
	a.panicked = panicked
	a.over.Store(true)
	a.Calls.ring()
}

// finish closes the reading that ended, and passes its panic on.
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
