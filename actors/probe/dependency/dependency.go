package dependency

import (
	"context"
	"fmt"
	"time"

	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/messages"
)

// check tries a dependency once. Its error names the step that failed and holds no secret.
type check func(ctx context.Context, s *steps) error

// Options are what all kinds of dependency have.
type Options struct {
	Name    string
	Timeout time.Duration // of one check, all steps together
	Slow    time.Duration // dep_slow when it takes longer; 0: there is no such signal
	Now     func() time.Time
}

// Probe is the probe of one dependency.
type Probe struct {
	Options
	check check
}

// Observe tries once.
func (p *Probe) Observe(ctx context.Context) (probe.Reading, error) {
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	began, timed := p.Now(), newSteps(p.Now)
	err := p.check(ctx, timed)
	took := p.Now().Sub(began)

	down := messages.Observation{Signal: messages.NewKey("dep_down", p.Name)}.WithValue(took.Seconds())
	slow := messages.Observation{Signal: messages.NewKey("dep_slow", p.Name), Threshold: "> " + p.Slow.String()}
	switch {
	case err != nil:
		down.Level, down.Detail = messages.Critical, err.Error()
		if done := timed.String(); done != "" {
			down.Detail += " (before: " + done + ")"
		}
		slow.Level, slow.Detail = messages.Unknown, "it is down"
		err = fmt.Errorf("check of %s: %w", p.Name, err)
	default:
		down.Detail = timed.String()
		slow = slow.WithValue(took.Seconds())
		slow.Detail = fmt.Sprintf("took %s: %s", took.Round(time.Millisecond), timed)
		if took > p.Slow {
			slow.Level = messages.Warning
		}
	}
	r := probe.Reading{Observations: []messages.Observation{down}}
	if p.Slow > 0 {
		r.Observations = append(r.Observations, slow)
	}
	return r, err
}
