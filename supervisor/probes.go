package supervisor

import (
	"context"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/messages"
)

// startProbe starts a probe and its services.
func (t *Tree) startProbe(part ProbePart) []place {
	t.lastReports.expect(part.Name)
	places := []place{t.probes.add(t.newProbe(part))}
	if part.Services != nil {
		for _, one := range part.Services(t.parts.Log) {
			places = append(places, t.probes.add(one))
		}
	}
	return places
}

// stopProbe stops a removed probe. Its current reading ends by itself.
func (t *Tree) stopProbe(name string, places []place) {
	t.endProbe(name, places)
	t.lastReports.forget(name)
	t.parts.Metrics.ProbeRemoved(name)
}

// restartProbe replaces a probe. Its signals stay.
func (t *Tree) restartProbe(part ProbePart, places []place) []place {
	t.endProbe(part.Name, places)
	return t.startProbe(part)
}

func (t *Tree) endProbe(name string, places []place) {
	t.probes.remove(places, stopProbes)
	t.liveness.forget("probe:" + name)
	// A report that the core reads after the roster without this probe would bring back its signals.
	t.wiring.reports.Drop(name)
}

func (t *Tree) newProbe(part ProbePart) Service {
	if part.Witness {
		part.Wake, part.Probe = t.wiring.targetFails, t.onlyWithFailingTarget(part.Probe)
	}
	return probe.NewActor(probe.Options{
		Common:   &t.common,
		Name:     part.Name,
		Probe:    part.Probe,
		Interval: part.Interval,
		Confirm:  part.Confirm,
		Phase:    part.Phase,
		Deadline: part.Deadline,
		Wake:     part.Wake,
		Calls:    t.wiring.calls.of(part.Name),
		Progress: t.liveness.stamp("probe:" + part.Name),
	})
}

// onlyWithFailingTarget wraps a witness so that its failures count only while a target fails too. If no
// target fails, a broken uplink affects only the delivery, which has its own signal.
func (t *Tree) onlyWithFailingTarget(witness probe.Probe) probe.Func {
	return func(ctx context.Context) (probe.Reading, error) {
		r, err := witness.Observe(ctx)
		for i := range r.Observations {
			if o := &r.Observations[i]; o.Level > messages.OK && !t.State().TargetFailing() {
				o.Level, o.Detail = messages.OK, o.Detail+" (and every target is well)"
			}
		}
		return r, err
	}
}

// wakeWitness wakes the witness if a target fails, so that it reports before the target's
// debounce is over.
func (t *Tree) wakeWitness(r messages.Report) {
	for i := range r.Observations {
		if kind, ok := messages.KindOf(r.Observations[i].Signal); ok && kind.Network && r.Observations[i].Level > messages.OK {
			select {
			case t.wiring.targetFails <- struct{}{}:
			default:
			}
			return
		}
	}
}

func (t *Tree) receiveReport(r messages.Report) {
	t.parts.Metrics.ProbeReported(r.Probe, r.Took, r.Err != "")
	t.lastReports.note(r)
	t.wiring.reports.Put(r.Probe, r)
	if t.parts.OnReport != nil {
		t.parts.OnReport(r)
	}
	t.wakeWitness(r)
}

func (t *Tree) receiveEdge(e messages.Edge) {
	if !t.wiring.edges.Offer(e) {
		t.log().Error("edge_dropped", zap.String("probe", e.Probe), zap.String("signal", string(e.Observation.Signal)),
			zap.Uint64("dropped", t.wiring.edges.Dropped()), zap.Time("at", e.At.Round(time.Millisecond)))
	}
}
