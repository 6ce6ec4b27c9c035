package dependency

import (
	"context"
	"errors"
	"fmt"
	"time"

	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/messages"
)

// Spec is the configuration of a probe.
type Spec struct {
	Name    string
	Timeout time.Duration // of one check, all its steps together
	Slow    time.Duration // dep_slow when a check takes longer; 0: no dep_slow signal
	Target  Target

	Now func() time.Time
	// OnDate is called with the offset of an HTTP peer's Date header: positive if it is ahead
	// of our clock. source is the peer's host and port. OnDate may be nil.
	OnDate func(source string, offset time.Duration)
}

// check is how one dependency is checked.
type check struct {
	// run checks once. Its error names the step that failed and contains no secret.
	run func(ctx context.Context, t *trial) error
	tls bool // every check uses TLS
}

// Probe is the probe of one dependency.
type Probe struct {
	down    messages.Key // the signal dep_down of the dependency
	timeout time.Duration
	slow    time.Duration
	now     func() time.Time
	check   func(ctx context.Context, t *trial) error
	tls     bool // dep_cert is a signal: TLS is required, or was seen once
}

// New creates the probe. Its error says which setting to fix and contains no secret.
func New(s Spec) (probe.Probe, error) {
	p, err := s.probe()
	if err != nil {
		return nil, fmt.Errorf("dependency %s: %w", s.Name, err)
	}
	return p, nil
}

func (s Spec) probe() (*Probe, error) {
	switch {
	case s.Target == nil:
		return nil, errors.New("it is of 0 kinds, and has to be of exactly one")
	case s.Timeout <= 0:
		return nil, errors.New("its timeout has to be more than 0")
	}
	check, err := s.Target.newCheck(s)
	return &Probe{down: messages.NewKey("dep_down", s.Name), timeout: s.Timeout, slow: s.Slow, now: s.Now, check: check.run, tls: check.tls}, err
}

// Observe checks the dependency once.
func (p *Probe) Observe(ctx context.Context) (probe.Reading, error) {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	t := newTrial(p.now, p.timeout)
	err := p.check(ctx, t)
	t.end(err)

	r := probe.Reading{}
	r.Observations = append(r.Observations, p.reachable(t, err))
	if p.slow > 0 {
		r.Observations = append(r.Observations, p.slowness(t, err))
	}
	if p.tls = p.tls || t.shortest != nil; p.tls {
		r.Observations = append(r.Observations, p.certificate(t, err))
	}
	if err != nil {
		err = fmt.Errorf("check of %s: %w", p.name(), err)
	}
	return r, err
}

// String names the probe and shows none of its settings: they may contain secrets.
func (p *Probe) String() string { return "dependency:" + p.name() }

func (p *Probe) name() string { return p.down.Instance() }
