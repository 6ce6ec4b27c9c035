package dependency

import (
	"context"
	"errors"
	"fmt"
	"time"

	"orchestrator-watchdog/actors/probe"
)

// Spec says what to check: exactly one of the kinds is set.
type Spec struct {
	Name    string
	Timeout time.Duration // of one check, all its steps together
	Slow    time.Duration // dep_slow when a check takes longer; 0: there is no such signal

	HTTP     *HTTP
	TCP      *TCP
	TLS      *TLS
	DNS      *DNS
	Postgres *Postgres
	Redis    *Redis

	Now func() time.Time
	// OnDate is told by how much an HTTP peer's Date header is ahead of our clock;
	// source is the peer's host and port. It may be nil.
	OnDate func(source string, offset time.Duration)
}

// check tries a dependency once. Its error names the step that failed and holds no secret.
type check func(ctx context.Context, t *trial) error

// Probe is the probe of one dependency.
type Probe struct {
	name    string
	timeout time.Duration
	slow    time.Duration
	now     func() time.Time
	check   check
	tls     bool // dep_cert is a signal: TLS is asked for, or was seen
}

// New makes the probe. Its error says which setting to fix and holds no secret.
func New(s Spec) (probe.Probe, error) {
	check, usesTLS, err := s.kind()
	if err == nil && s.Timeout <= 0 {
		err = errors.New("its timeout has to be more than 0")
	}
	if err != nil {
		return nil, fmt.Errorf("dependency %s: %w", s.Name, err)
	}
	return &Probe{name: s.Name, timeout: s.Timeout, slow: s.Slow, now: s.Now, check: check, tls: usesTLS}, nil
}

// kind makes the check of the one kind that is set.
func (s Spec) kind() (c check, usesTLS bool, err error) {
	kinds := 0
	set := func(make func() (check, bool, error)) {
		if kinds++; kinds == 1 {
			c, usesTLS, err = make()
		}
	}
	if s.HTTP != nil {
		set(func() (check, bool, error) { return newHTTP(*s.HTTP, s.OnDate) })
	}
	if s.TCP != nil {
		set(func() (check, bool, error) { return newTCP(*s.TCP) })
	}
	if s.TLS != nil {
		set(func() (check, bool, error) { return newTLS(*s.TLS) })
	}
	if s.DNS != nil {
		set(func() (check, bool, error) { return newDNS(*s.DNS) })
	}
	if s.Postgres != nil {
		set(func() (check, bool, error) { return newPostgres(*s.Postgres) })
	}
	if s.Redis != nil {
		set(func() (check, bool, error) { return newRedis(*s.Redis) })
	}
	if kinds != 1 {
		return nil, false, fmt.Errorf("it is of %d kinds, and has to be of exactly one: http, tcp, tls, dns, postgres or redis", kinds)
	}
	return c, usesTLS, err
}

// Observe tries once.
func (p *Probe) Observe(ctx context.Context) (probe.Reading, error) {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	t := newTrial(p.now, p.timeout)
	err := p.check(ctx, t)
	t.end(err)

	r := probe.Reading{}
	r.Observations = append(r.Observations, p.down(t, err))
	if p.slow > 0 {
		r.Observations = append(r.Observations, p.slowness(t, err))
	}
	if p.tls = p.tls || t.shortest != nil; p.tls {
		r.Observations = append(r.Observations, p.certificate(t, err))
	}
	if err != nil {
		err = fmt.Errorf("check of %s: %w", p.name, err)
	}
	return r, err
}

// String names the probe, without anything that was set.
func (p *Probe) String() string { return "dependency:" + p.name }
