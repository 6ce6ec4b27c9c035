package check

import (
	"context"
	"fmt"
	"slices"
	"time"

	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/actors/probe/orchestrator"
	"orchestrator-watchdog/actors/worker"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor"
)

const (
	// grace is how long the pass waits for a reading after its deadline, because one that honours
	// its context needs a moment to return. The whole pass has a second.
	grace = 500 * time.Millisecond
	// pollEvery is how often the pass checks the running readings.
	pollEvery = 100 * time.Millisecond
)

// Waiting is called every now and then with the probes that have not returned yet, and how long the
// pass has taken.
type Waiting func(probes []string, took time.Duration)

// reading is one probe in the pass.
type reading struct {
	supervisor.ProbePart
	worker *worker.Worker[probe.Reading]
	limit  time.Time // when the pass stops waiting for it
	ended  bool      // it returned, or the pass stopped waiting
}

// Run runs every probe once, concurrently; probes that use the readings of others run after them.
// It ends within the longest deadline plus a second. A probe that has not returned by then is a
// finding, and its goroutine is abandoned.
func Run(ctx context.Context, parts []supervisor.ProbePart, waiting Waiting) *Result {
	r, began := &Result{}, time.Now()
	for _, behind := range []bool{false, true} {
		r.read(ctx, slices.DeleteFunc(slices.Clone(parts), func(p supervisor.ProbePart) bool { return p.AfterOthers != behind }),
			func(names []string) { waiting(names, time.Since(began)) })
	}
	r.judgeWitness(parts)
	r.sort()
	return r
}

func (r *Result) read(ctx context.Context, parts []supervisor.ProbePart, waiting func([]string)) {
	returned := make(chan *reading, len(parts))
	readings := make([]*reading, len(parts))
	for i, part := range parts {
		readings[i] = start(ctx, part, returned)
	}
	beat := time.NewTicker(pollEvery)
	defer beat.Stop()
	for open := readings; len(open) > 0; open = slices.DeleteFunc(open, func(one *reading) bool { return one.ended }) {
		select {
		case one := <-returned:
			r.take(one)
		case now := <-beat.C:
			r.giveUp(open, now)
			waiting(names(open))
		}
	}
}

// start starts a reading, and sends it on returned when it has returned or panicked.
func start(ctx context.Context, part supervisor.ProbePart, returned chan<- *reading) *reading {
	one := &reading{ProbePart: part, worker: worker.New[probe.Reading](), limit: time.Now().Add(part.Deadline + grace)}
	one.worker.Start(func() (probe.Reading, error) {
		defer func() { returned <- one }() // the worker delivers the result right after this
		ctx, cancel := context.WithTimeout(ctx, part.Deadline)
		defer cancel()
		r, err := part.Probe.Observe(ctx)
		return r.Plain(), err
	})
	return one
}

func names(open []*reading) []string {
	var all []string
	for _, one := range open {
		if !one.ended {
			all = append(all, one.Name)
		}
	}
	return all
}

// giveUp stops waiting for readings that are past their limit.
func (r *Result) giveUp(open []*reading, now time.Time) {
	for _, one := range open {
		if one.ended || now.Before(one.limit) {
			continue
		}
		one.ended = true
		r.addProbe(one, messages.Warning, fmt.Sprintf("the reading did not return within %s; nothing is known about its signals", brief(one.Deadline)))
	}
}

// take adds the result of a reading that returned.
func (r *Result) take(one *reading) {
	if one.ended {
		return // too late: its finding stays
	}
	one.ended = true
	result := <-one.worker.Done()
	if result.Panic != nil {
		r.addProbe(one, messages.Warning, fmt.Sprintf("the probe panicked: %s; please report it, with the event actor_panicked of the daemon's log", result.Panic))
		return
	}
	for _, o := range result.Value.Observations {
		if o.Needs > 0 {
			o.Detail = fmt.Sprintf("needs a window of %s, not judged in one pass; %s", brief(o.Needs), o.Detail)
		}
		r.Findings = append(r.Findings, Finding{o})
	}
	for _, n := range result.Value.Notes {
		r.Notes = append(r.Notes, Note{n.Text, n.Off, n.Of})
		r.dropExplained(r.Notes[len(r.Notes)-1])
	}
	if result.Err != nil && !reportsFailure(result.Value.Observations) {
		r.addProbe(one, messages.Unknown, result.Err.Error())
	}
	if rules, ok := one.Probe.(*orchestrator.Probe); ok {
		r.rules = rules
	}
}

// addProbe adds a finding about the probe itself.
func (r *Result) addProbe(one *reading, level messages.Level, detail string) {
	r.Findings = append(r.Findings, Finding{Observation: messages.Observation{
		Signal: messages.NewKey("watchdog_probe", one.Name), Level: level, Detail: detail,
	}})
}

// reportsFailure reports whether a failed reading contains a signal that stands for the failure.
func reportsFailure(observations []messages.Observation) bool {
	return slices.ContainsFunc(observations, func(o messages.Observation) bool {
		kind, _ := messages.KindOf(o.Signal)
		return kind.Failure && o.Level > messages.OK
	})
}

// dropExplained removes findings without data that a note explains as off.
func (r *Result) dropExplained(n Note) {
	r.Findings = slices.DeleteFunc(r.Findings, func(f Finding) bool { return f.Level == messages.Unknown && n.isOff(f.Signal) })
}

// judgeWitness judges the witnesses as the daemon does: they count only while a target fails too.
func (r *Result) judgeWitness(parts []supervisor.ProbePart) {
	i := r.index("watchdog_offline")
	failing := slices.ContainsFunc(r.Findings, func(f Finding) bool {
		kind, ok := messages.KindOf(f.Signal)
		return ok && kind.Network && f.Level > messages.OK
	})
	witnessed := slices.ContainsFunc(parts, func(p supervisor.ProbePart) bool { return p.Witness })
	if i >= 0 && witnessed && !failing && r.Findings[i].Level > messages.OK {
		r.Findings[i].Level = messages.OK
		r.Findings[i].Detail += " (and every target is well)"
	}
}
