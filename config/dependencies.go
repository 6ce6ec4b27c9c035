package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"orchestrator-watchdog/config/field"
	"orchestrator-watchdog/messages/duration"
)

// defaultTimeout is that of a dependency which sets no other.
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
	for _, item := range v.list() {
		var d Dependency
		if !item.well(func(v value) { d = l.dependency(v) }) {
			continue
		}
		if slices.ContainsFunc(l.config.Dependencies, func(other Dependency) bool { return other.Name == d.Name }) {
			item.fail("the dependency %q stands here twice", d.Name)
			continue
		}
		l.config.Dependencies = append(l.config.Dependencies, d)
		l.list("dependencies."+d.Name, d.String(), item)
	}
}

func (l *loader) dependency(v value) Dependency {
	d := Dependency{Timeout: defaultTimeout}
	known := fields{
		"name":     set(&d.Name, field.Name),
		"timeout":  set(&d.Timeout, positive),
		"interval": set(&d.Interval, interval),
		"slow":     set(&d.Slow, positive),
	}
	var kinds []string
	given := 0
	for _, kind := range l.kinds.Dependencies {
		kinds = append(kinds, kind.Name)
		known[kind.Name] = func(v value) {
			given++
			d.Settings = l.ofKind(v, kind)
		}
	}
	v.object(known)
	if d.Name == "" {
		v.fail("a dependency needs a name")
	}
	if given != 1 {
		v.fail("a dependency is of exactly one kind, and this one of %d: %s", given, strings.Join(slices.Sorted(slices.Values(kinds)), ", "))
	}
	if d.Slow >= d.Timeout {
		l.warn("%s: slow (%s) is not below timeout (%s): dep_slow:%s will never be active", v.origin(), d.Slow, d.Timeout, d.Name)
	}
	return d
}

// interval is bounded as the tick is.
func interval(s string) (time.Duration, error) {
	d, err := duration.Parse(s)
	if err == nil && d < minTick {
		err = fmt.Errorf("%q is less than %s", s, minTick)
	}
	return d, err
}

// String shows the dependency without its secrets.
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
