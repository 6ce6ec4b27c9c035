package config

import (
	"fmt"
	"time"

	"orchestrator-watchdog/config/field"
)

// defaultTimeout is the timeout of a dependency that sets none.
const defaultTimeout = 5 * time.Second

// Dependency is something that the orchestrator needs.
type Dependency struct {
	Name     string
	Timeout  time.Duration
	Interval time.Duration  // 0: the tick
	Slow     time.Duration  // 0: dep_slow is off
	Settings field.Settings // of its kind
}

// dependencies reads the list of dependencies.
func (l *loader) dependencies(v value) {
	l.config.Dependencies = named(l, v, "dependency", "dependencies", func(v value) (Dependency, string) {
		d := l.dependency(v)
		return d, d.Name
	})
}

func (l *loader) dependency(v value) Dependency {
	d := Dependency{Timeout: defaultTimeout}
	known := fields{
		"timeout":  set(&d.Timeout, positive),
		"interval": set(&d.Interval, field.AtLeast(minTick)),
		"slow":     set(&d.Slow, positive),
	}
	_, d.Settings = l.oneKind(v, "dependency", &d.Name, known, l.kinds.Dependencies, func() bool { return false })
	if d.Slow >= d.Timeout {
		l.warn("%s: slow (%s) is not below timeout (%s): dep_slow:%s will never be active", v.origin(), d.Slow, d.Timeout, d.Name)
	}
	return d
}

// String returns the dependency without its secrets.
func (d Dependency) String() string {
	s := d.Settings.String() + ", timeout " + d.Timeout.String()
	if d.Interval > 0 {
		s += ", interval " + d.Interval.String()
	}
	if d.Slow > 0 {
		s += ", slow " + d.Slow.String()
	}
	return s
}

// Format implements fmt.Formatter: no verb shows a header, a URL's user or a DSN.
func (d Dependency) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(d.Name + " " + d.String())) }
