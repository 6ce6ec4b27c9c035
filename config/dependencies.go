package config

import (
	"errors"
	"fmt"
	"maps"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"orchestrator-watchdog/messages/secret"
)

// defaultTimeout is that of a dependency which sets no other.
const defaultTimeout = 5 * time.Second

// Dependency is something that the orchestrator needs: exactly one of the kinds.
type Dependency struct {
	Name     string
	Timeout  time.Duration
	Interval time.Duration // 0: the tick
	Slow     time.Duration // 0: dep_slow is off
	HTTP     *HTTP
	TCP      *TCP
	TLS      *TLS
	DNS      *DNS
	Postgres *Postgres
	Redis    *Redis
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

// kindExamples show the form of each kind to whoever wrote a single value.
var kindExamples = map[string]string{
	"http": `http: {url: "http://api:8000/health"}`, "tcp": `tcp: {addr: "db:5432"}`, "tls": `tls: {addr: "api:443"}`,
	"dns": `dns: {host: api.example.org}`, "postgres": `postgres: {dsn_file: /run/secrets/pg_dsn}`, "redis": `redis: {addr: "redis:6379"}`,
}

// mapping tells whether the value is a mapping; otherwise it shows how it would be one.
func (v value) mapping(example string) bool {
	if _, single := v.node.(ast.ScalarNode); single {
		v.fail("this has to be a mapping, as %s", example)
		return false
	}
	return true
}

func (l *loader) dependency(v value) Dependency {
	d := Dependency{Timeout: defaultTimeout}
	kinds := fields{
		"http":     func(v value) { d.HTTP = l.http(v) },
		"tcp":      func(v value) { d.TCP = tcp(v) },
		"tls":      func(v value) { d.TLS = tls(v) },
		"dns":      func(v value) { d.DNS = dns(v) },
		"postgres": func(v value) { d.Postgres = l.postgres(v) },
		"redis":    func(v value) { d.Redis = l.redis(v) },
	}
	known := fields{
		"name":     set(&d.Name, instanceName),
		"timeout":  set(&d.Timeout, positive),
		"interval": set(&d.Interval, interval),
		"slow":     set(&d.Slow, positive),
	}
	given := 0
	for name, read := range kinds {
		known[name] = func(v value) {
			given++
			if v.mapping(kindExamples[name]) {
				read(v)
			}
		}
	}
	v.object(known)
	if d.Name == "" {
		v.fail("a dependency needs a name")
	}
	if given != 1 {
		v.fail("a dependency is of exactly one kind, and this one of %d: %s", given, strings.Join(slices.Sorted(maps.Keys(kinds)), ", "))
	}
	if d.Slow >= d.Timeout {
		l.warn("%s: slow (%s) is not below timeout (%s): dep_slow:%s will never be active", v.origin(), d.Slow, d.Timeout, d.Name)
	}
	return d
}

// interval is bounded as the tick is.
func interval(s string) (time.Duration, error) {
	d, err := Duration(s)
	if err == nil && d < minTick {
		err = fmt.Errorf("%q is less than %s", s, minTick)
	}
	return d, err
}

// String shows the dependency without its secrets.
func (d Dependency) String() string {
	s := d.target() + ", timeout " + d.Timeout.String()
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

func (d Dependency) target() string {
	switch {
	case d.HTTP != nil:
		return "http " + shownURL(d.HTTP.URL)
	case d.TCP != nil:
		return "tcp " + d.TCP.Addr
	case d.TLS != nil:
		return "tls " + d.TLS.Addr
	case d.DNS != nil:
		return "dns " + d.DNS.Record + " " + d.DNS.Host
	case d.Postgres != nil:
		return "postgres " + secret.Mask
	case d.Redis != nil:
		return "redis " + d.Redis.Addr
	}
	return "nothing"
}

// httpStatus reads one status that is well.
func httpStatus(s string) (int, error) {
	n, err := wholeNumber(s)
	if err != nil || n < 100 || n > 599 {
		return 0, fmt.Errorf("%q is no HTTP status", s)
	}
	return n, nil
}

// headers reads header names and values; a value may be a secret, and is kept as one.
func (l *loader) headers(v value) map[string]string {
	all := make(map[string]string)
	for _, e := range v.entries() {
		var text string
		set(&text, l.headerValue)(e.value)
		if name := textproto.CanonicalMIMEHeaderKey(e.key); strings.ContainsFunc(name, isBlank) || name == "" {
			value{v.r, e.node, v.path}.fail("this is no name of a header")
		} else {
			all[name] = text
		}
	}
	return all
}

func (l *loader) headerValue(s string) (string, error) {
	if strings.ContainsFunc(s, isControl) {
		return "", errors.New("a header holds no control characters")
	}
	return l.secret(s)
}
