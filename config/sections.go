package config

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"

	"orchestrator-watchdog/messages/secret"
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

// dependencies reads the list of dependencies.
func (l *loader) dependencies(v value) {
	for _, item := range v.list() {
		d := l.dependency(item)
		switch {
		case d.Name == "":
			item.fail("a dependency needs a name")
		case slices.ContainsFunc(l.config.Dependencies, func(other Dependency) bool { return other.Name == d.Name }):
			item.fail("the dependency %q stands here twice", d.Name)
		default:
			l.config.Dependencies = append(l.config.Dependencies, d)
			l.config.given["dependencies."+d.Name] = given{d.String(), item.origin()}
		}
	}
}

func (l *loader) dependency(v value) Dependency {
	d := Dependency{Timeout: 5 * time.Second}
	v.object(fields{
		"name":     set(&d.Name, instanceName),
		"timeout":  set(&d.Timeout, positive),
		"interval": set(&d.Interval, positive),
		"slow":     set(&d.Slow, positive),
		"http":     func(v value) { d.HTTP = l.http(v) },
		"tcp":      func(v value) { d.TCP = tcp(v) },
	})
	if (d.HTTP != nil) == (d.TCP != nil) {
		v.fail("a dependency is of exactly one kind: http or tcp")
	}
	return d
}

func (l *loader) http(v value) *HTTP {
	var h HTTP
	var bearer, password string
	v.object(fields{
		"url":           set(&h.URL, l.webAddress),
		"status":        setList(&h.Status, status),
		"contains":      set(&h.Contains, plainText),
		"headers":       func(v value) { h.Headers = l.headers(v) },
		"bearer":        set(&bearer, l.secretText),
		"bearer_file":   set(&bearer, l.secretFile),
		"user":          set(&h.User, plainText),
		"password":      set(&password, l.secretText),
		"password_file": set(&password, l.secretFile),
	})
	if h.URL == "" {
		v.fail("http needs a url")
	}
	h.Bearer, h.Password = secret.New(bearer), secret.New(password)
	return &h
}

// headers reads header names and values; a value may be a secret, and is kept as one.
func (l *loader) headers(v value) map[string]string {
	all := make(map[string]string)
	for _, e := range v.entries() {
		var text string
		set(&text, l.secretText)(e.value)
		all[e.key] = text
	}
	return all
}

func tcp(v value) *TCP {
	var t TCP
	v.object(fields{"addr": set(&t.Addr, func(s string) (string, error) { return s, hostPort(s) })})
	if t.Addr == "" {
		v.fail("tcp needs an addr")
	}
	return &t
}

func (l *loader) webAddress(s string) (string, error) {
	l.config.secrets = append(l.config.secrets, passwords(s)...)
	return s, checkURL(s, "http", "https")
}

func (l *loader) secretText(s string) (string, error) {
	l.config.secrets = append(l.config.secrets, s)
	return s, nil
}

func (l *loader) secretFile(path string) (string, error) {
	text, err := l.read(path)
	if err != nil {
		return "", err
	}
	return l.secretText(strings.TrimSpace(string(text)))
}

func status(s string) (int, error) {
	n, err := wholeNumber(s)
	if err != nil || n < 100 || n > 599 {
		return 0, fmt.Errorf("%q is no HTTP status", s)
	}
	return n, nil
}

func positive(s string) (time.Duration, error) {
	d, err := duration(s)
	if err == nil && d == 0 {
		err = errors.New("this has to be more than 0")
	}
	return d, err
}

// instanceName is a name that can stand in a signal's key.
func instanceName(s string) (string, error) {
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return "", fmt.Errorf("%q can't be part of a signal's name: it is empty or holds spaces", s)
	}
	return s, nil
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
