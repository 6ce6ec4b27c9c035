package probe

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/peer"
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

	Wake    <-chan struct{} // read at once: something happened; may be nil
	Asked   <-chan struct{} // the same: somebody wants to know; may be nil
	Pending <-chan struct{} // the core waits for confirmation

	Emit     func(messages.Report)
	EmitEdge func(messages.Edge)
	Log      *zap.Logger // shared by all probes
	Now      func() time.Time
	Progress func() // called at every turn and at least every stampEvery
}

// Actor gives a probe its schedule, its deadline and its crash domain. Its fields
// outlive a crash: the supervisor restarts the same actor, which keeps its schedule
// and never has two readings under way.
type Actor struct {
	Options
	worker *worker.Worker[Reading]
	known  []messages.Key // what the last good reading named, and failing ones since; sorted
	noted  map[string]struct{}

	next  time.Time // of the regular schedule
	soon  time.Time // an earlier reading that was asked for; zero: none
	began time.Time // of the reading under way; zero: none
	stuck bool      // the reading under way is past its deadline
	again bool      // woken during a reading: it may have missed what happened
}

// NewActor makes the actor.
func NewActor(o Options) *Actor {
	if o.Confirm <= 0 {
		o.Confirm = o.Interval
	}
	return &Actor{Options: o, worker: worker.New[Reading]()}
}

// String names the actor for its supervisor.
func (a *Actor) String() string { return "probe:" + a.Name }

// log is the log with the actor's name. It is made when there is something to say: each
// holds a buffer of 1 KiB.
func (a *Actor) log() *zap.Logger { return a.Log.With(zap.String("actor", a.String())) }

// Serve reads on schedule until the context ends.
func (a *Actor) Serve(ctx context.Context) error {
	if a.next.IsZero() {
		a.next = a.Now().Add(a.Phase)
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		a.Progress()
		timer.Reset(min(a.wait(), stampEvery))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
			a.turn(ctx)
		case <-a.Wake:
			a.wake(ctx)
		case <-a.Asked:
			a.wake(ctx)
		case <-a.Pending:
			a.hurry()
		case result := <-a.worker.Done():
			a.finish(result)
		}
	}
}

// wake lets the probe read at once, and once more behind a reading that is under way.
func (a *Actor) wake(ctx context.Context) {
	a.soon, a.again = a.Now(), true
	a.turn(ctx)
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
func (a *Actor) turn(ctx context.Context) {
	now := a.Now()
	if a.reading() && !a.stuck && !now.Before(a.limit()) {
		a.stuck = true
		a.log().Warn("probe_stuck", zap.String("probe", a.Name), zap.Duration("for", now.Sub(a.began)))
		a.reportStuck(now)
	}
	if now.Before(a.due()) {
		return
	}
	regular := !now.Before(a.next)
	a.schedule(now)
	switch {
	case !a.reading():
		a.begin(ctx, now)
	case a.stuck:
		a.reportStuck(now)
	case regular:
		a.log().Info("tick_skipped", zap.String("probe", a.Name), zap.Duration("reading_for", now.Sub(a.began)))
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

func (a *Actor) begin(ctx context.Context, now time.Time) {
	// The reading outlives a restart of the actor, but not the process' stop.
	readCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.Deadline)
	started := a.worker.Start(func() (Reading, error) {
		defer cancel()
		reading, err := a.Probe.Observe(readCtx)
		return reading.Plain(), err
	})
	if !started {
		cancel()
		return
	}
	a.began, a.stuck, a.again = now, false, false
}

// finish makes a report of a reading that returned.
func (a *Actor) finish(result worker.Result[Reading]) {
	began, stuck := a.began, a.stuck
	a.began, a.stuck = time.Time{}, false
	now := a.Now()
	if a.again {
		a.soon, a.again = now, false
	}
	if result.Panic != nil {
		a.reportUnknown(now, now.Sub(began), "panicked", "the probe panicked and was restarted: see the log event actor_panicked and report it")
		panic(result.Panic)
	}
	if stuck {
		return // what it read is old, and its signals are unknown; the next one tells
	}
	a.note(result.Value.Notes)
	a.report(now, now.Sub(began), result.Value, result.Err)
}

func (a *Actor) report(now time.Time, took time.Duration, reading Reading, err error) {
	report := messages.Report{
		Probe: a.Name, At: now, Took: took, Interval: a.Interval, Complete: err == nil, Renamed: reading.Renamed, Off: reading.Off,
	}
	named := make([]messages.Key, 0, len(reading.Observations))
	for _, o := range reading.Observations {
		if o.Signal.OneShot() {
			a.EmitEdge(messages.Edge{Probe: a.Name, At: now, Observation: o})
			continue
		}
		named = append(named, o.Signal)
		report.Observations = append(report.Observations, o)
	}
	slices.Sort(named)
	for _, n := range reading.Notes {
		if len(n.Off) > 0 && !n.Normal {
			report.Off = append(report.Off, messages.Off{Signals: n.Off, Why: n.Text})
		}
	}
	if err != nil {
		report.Err = peer.Line(err.Error(), maxDetail)
		report.Observations = append(report.Observations, a.unknown(named, "no data: "+report.Err)...)
		named = append(named, a.known...)
		slices.Sort(named)
	}
	a.known = slices.Compact(named)
	report.Observations = append(report.Observations, a.self(messages.OK, "the probe reports"))
	a.Emit(report)
}

func (a *Actor) reportStuck(now time.Time) {
	text := fmt.Sprintf("the reading has not returned for %s", now.Sub(a.began).Round(time.Second))
	a.reportUnknown(now, now.Sub(a.began), text, text+"; its signals are unknown until it does")
}

// reportUnknown says that no signal of the probe has data, by a fault of its own.
func (a *Actor) reportUnknown(now time.Time, took time.Duration, err, self string) {
	a.Emit(messages.Report{
		Probe: a.Name, At: now, Took: took, Interval: a.Interval, Err: err,
		Observations: append(a.unknown(nil, "no data: "+err), a.self(messages.Warning, self)),
	})
}

// unknown observes every known signal but those, which are sorted.
func (a *Actor) unknown(except []messages.Key, detail string) []messages.Observation {
	var observations []messages.Observation
	for _, key := range a.known {
		if _, named := slices.BinarySearch(except, key); !named {
			observations = append(observations, messages.Observation{Signal: key, Level: messages.Unknown, Detail: detail})
		}
	}
	return observations
}

func (a *Actor) self(level messages.Level, detail string) messages.Observation {
	return messages.Observation{Signal: messages.NewKey("watchdog_probe", a.Name), Level: level, Detail: detail}
}

// note logs what an operator should read, each text once.
func (a *Actor) note(notes []Note) {
	for _, n := range notes {
		if _, known := a.noted[n.String()]; known || len(a.noted) >= maxNotes {
			continue
		}
		if a.noted == nil {
			a.noted = make(map[string]struct{})
		}
		a.noted[n.String()] = struct{}{}
		level := zap.WarnLevel
		if n.Normal {
			level = zap.InfoLevel
		}
		a.log().Log(level, n.Event, zap.String("probe", a.Name), zap.String("detail", n.Text))
	}
}

// maxNotes bounds the memory of notes, whose text may come from outside.
const maxNotes = 100
