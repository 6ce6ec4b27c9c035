package config

import (
	"fmt"
	"path"
	"strings"
	"time"
)

// sections gives what the file alone can say at a path.
func (l *loader) sections(at string) fields {
	c := l.config
	switch at {
	case "":
		return fields{"dependencies": l.dependencies, "signals": l.signals, "maintenance": l.maintenance}
	case "orchestrator":
		return fields{"format": set(&c.Orchestrator.AnyJSON, format)}
	case "containers":
		return fields{"include": setList(&c.Docker.Include, nameGlob), "exclude": setList(&c.Docker.Exclude, nameGlob)}
	case "host":
		known := fields{"disk_eta": func(v value) { v.object(fields{"enabled": set(&c.Host.ETAEnabled, boolean)}) }}
		for _, name := range thresholdNames {
			known[name] = func(v value) { l.threshold(name, v) }
		}
		return known
	}
	return nil
}

// thresholdNames are the thresholds of the host that can be set.
var thresholdNames = []string{"memory", "load", "pressure_cpu", "pressure_memory", "pressure_io", "inodes", "fds"}

func format(s string) (anyJSON bool, err error) {
	if s != "envelope" && s != "any-json" {
		return false, fmt.Errorf("%q is neither envelope nor any-json", s)
	}
	return s == "any-json", nil
}

func nameGlob(s string) (string, error) {
	if _, err := path.Match(s, ""); err != nil {
		return "", fmt.Errorf("%q is no pattern: a [ needs its ]", s)
	}
	return s, nil
}

func (l *loader) threshold(name string, v value) {
	var t Threshold
	v.object(fields{
		"raise": setOptional(&t.Raise, number), "clear": setOptional(&t.Clear, number), "raise_critical": setOptional(&t.RaiseCritical, number),
	})
	if t.Raise != nil && t.Clear != nil && *t.Clear > *t.Raise {
		v.fail("clear is above raise: what is raised would be cleared at once")
	}
	if t.Raise != nil && t.RaiseCritical != nil && *t.RaiseCritical < *t.Raise {
		v.fail("raise_critical is below raise")
	}
	if l.config.Host.Thresholds == nil {
		l.config.Host.Thresholds = make(map[string]Threshold)
	}
	l.config.Host.Thresholds[name] = t
	l.config.given["host."+name] = given{t.String(), v.origin()}
}

// signals reads policies by key glob, in the order of the file: later ones win.
func (l *loader) signals(v value) {
	for _, e := range v.entries() {
		p := SignalPolicy{Glob: e.key, From: e.value.origin()}
		e.value.object(fields{
			"enabled":      setOptional(&p.Enabled, boolean),
			"mute":         setOptional(&p.Mute, boolean),
			"raise_ticks":  setOptional(&p.RaiseTicks, tickCount),
			"clear_ticks":  setOptional(&p.ClearTicks, tickCount),
			"cooldown":     setOptional(&p.Cooldown, duration),
			"severity":     set(&p.Severity, severity),
			"inhibited_by": func(v value) { p.InhibitedBy = new([]string); setList(p.InhibitedBy, plainText)(v) },
		})
		l.config.Signals = append(l.config.Signals, p)
		l.config.given[fmt.Sprintf("signals.%d.%s", len(l.config.Signals), p.Glob)] = given{p.String(), p.From}
	}
}

func severity(s string) (string, error) {
	if s != "warning" && s != "critical" {
		return "", fmt.Errorf("%q is neither warning nor critical", s)
	}
	return s, nil
}

// maintenance reads the list of windows.
func (l *loader) maintenance(v value) {
	for _, item := range v.list() {
		w := Window{Zone: time.UTC, From: item.origin()}
		start := time.Duration(-1)
		item.object(fields{
			"signals": set(&w.Signals, plainText),
			"start":   set(&start, timeOfDay),
			"for":     set(&w.For, positive),
			"days":    setList(&w.Days, weekday),
			"zone":    set(&w.Zone, zone),
		})
		if w.Signals == "" || start < 0 || w.For == 0 {
			item.fail("a maintenance window needs signals, start and for")
			continue
		}
		w.Start = start
		l.config.Maintenance = append(l.config.Maintenance, w)
		text := fmt.Sprintf("%s %s for %s %v %s", w.Signals, start, w.For, w.Days, w.Zone)
		l.config.given[fmt.Sprintf("maintenance.%d", len(l.config.Maintenance))] = given{text, w.From}
	}
}

func timeOfDay(s string) (time.Duration, error) {
	at, err := time.Parse("15:04", s)
	if err != nil {
		return 0, fmt.Errorf("%q is no time of day such as 02:00", s)
	}
	return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute, nil
}

func weekday(s string) (time.Weekday, error) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if name := strings.ToLower(d.String()); strings.EqualFold(s, name) || strings.EqualFold(s, name[:3]) {
			return d, nil
		}
	}
	return 0, fmt.Errorf("%q is no day: mon, tue, wed, thu, fri, sat or sun", s)
}

func zone(s string) (*time.Location, error) {
	z, err := time.LoadLocation(s)
	if err != nil || s == "" || strings.EqualFold(s, "local") {
		return nil, fmt.Errorf("%q is no time zone such as Europe/Berlin", s)
	}
	return z, nil
}
