package dependency

import (
	"context"
	"time"
)

// Options are what the kinds that have a constructor of their own share; see Spec.
type Options struct {
	Name    string
	Timeout time.Duration
	Slow    time.Duration
	Now     func() time.Time
}

// NewHTTP makes the probe of an HTTP dependency. Settings that cannot be used make it
// say so at every check; New says so at once.
func NewHTTP(o Options, h HTTP) *Probe { return o.probe(newHTTP(h, nil)) }

// NewTCP makes the probe of a TCP dependency, as NewHTTP does.
func NewTCP(o Options, addr string) *Probe { return o.probe(newTCP(TCP{Addr: addr})) }

func (o Options) probe(c check, usesTLS bool, err error) *Probe {
	if err != nil {
		c = func(context.Context, *trial) error { return at("request", err) }
	}
	return &Probe{name: o.Name, timeout: o.Timeout, slow: o.Slow, now: o.Now, check: c, tls: usesTLS}
}
