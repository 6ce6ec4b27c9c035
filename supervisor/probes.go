package supervisor

import (
	"context"
	"reflect"
	"time"

	"github.com/thejerf/suture/v4"
	"go.uber.org/zap"

	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/messages"
)

// probeStage is the stage of the probes: the one whose services change while it runs.
type probeStage struct {
	tree    *Tree
	stage   *stage
	running map[string]runningProbe
}

type runningProbe struct {
	part   ProbePart
	tokens []suture.ServiceToken // of its actor and of what runs beside it
}

func newProbeStage(t *Tree, s *stage) *probeStage {
	return &probeStage{tree: t, stage: s, running: make(map[string]runningProbe)}
}

// replace makes the running probes those of the table: one whose spec is the same
// keeps running with all that it knows, and signals of one that is gone are retired.
func (p *probeStage) replace(parts []ProbePart) {
	wanted := make(map[string]bool, len(parts))
	for _, part := range parts {
		wanted[part.Name] = true
		was, runs := p.running[part.Name]
		if runs && part.Spec != nil && reflect.DeepEqual(was.part.Spec, part.Spec) {
			continue
		}
		if runs {
			p.stop(was)
		}
		p.running[part.Name] = runningProbe{part: part, tokens: p.start(part)}
	}
	for name, was := range p.running {
		if !wanted[name] {
			p.stop(was)
			delete(p.running, name)
		}
	}
	p.announce()
}

func (p *probeStage) start(part ProbePart) []suture.ServiceToken {
	p.tree.journal.expect(part.Name)
	tokens := []suture.ServiceToken{p.stage.add(p.tree.newProbe(part))}
	if part.Beside != nil {
		for _, one := range part.Beside(p.tree.parts.Log) {
			tokens = append(tokens, p.stage.add(one))
		}
	}
	return tokens
}

func (p *probeStage) stop(was runningProbe) {
	for _, token := range was.tokens {
		// What does not stop in time is logged by suture's hook; a reading ends by itself.
		_ = p.stage.root.RemoveAndWait(token, stopProbes)
	}
	p.tree.liveness.forget("probe:" + was.part.Name)
	p.tree.journal.forget(was.part.Name)
}

// announce tells the core which probes and channels there are.
func (p *probeStage) announce() {
	roster := messages.Roster{At: p.tree.parts.Now()}
	for name := range p.running {
		roster.Probes = append(roster.Probes, name)
	}
	for _, ch := range p.tree.parts.Channels {
		roster.Channels = append(roster.Channels, ch.Channel.Name())
	}
	p.tree.wiring.control <- roster
}

func (t *Tree) newProbe(part ProbePart) Service {
	if part.Witness {
		part.Wake, part.Probe = t.wiring.targetFails, t.besideATarget(part.Probe)
	}
	return probe.NewActor(probe.Options{
		Name:     part.Name,
		Probe:    part.Probe,
		Interval: part.Interval,
		Confirm:  part.Confirm,
		Phase:    part.Phase,
		Deadline: part.Deadline,
		Wake:     part.Wake,
		Pending:  t.wiring.pendingOf(part.Name),
		Emit:     t.reported,
		EmitEdge: t.happened,
		Log:      t.parts.Log,
		Now:      t.parts.Now,
		Progress: t.liveness.stamp("probe:" + part.Name),
	})
}

// besideATarget lets what a witness sees count only while a target fails alike: with
// every target well, an uplink that is down hurts nobody but the delivery, which says so.
func (t *Tree) besideATarget(witness probe.Probe) probe.Func {
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

// wakeWitness lets the witness look at once where a target fails: before the target's
// own debounce is over.
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

func (t *Tree) reported(r messages.Report) {
	t.parts.Metrics.ProbeReported(r.Probe, r.Took, r.Err != "")
	t.journal.note(r)
	t.wiring.reports.Put(r.Probe, r)
	t.wakeWitness(r)
}

func (t *Tree) happened(e messages.Edge) {
	if !t.wiring.edges.Offer(e) {
		t.log().Error("edge_dropped", zap.String("probe", e.Probe), zap.String("signal", string(e.Observation.Signal)),
			zap.Uint64("dropped", t.wiring.edges.Dropped()), zap.Time("at", e.At.Round(time.Millisecond)))
	}
}
