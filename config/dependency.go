package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"orchestrator-watchdog/messages/secret"
)

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

// Trust is how a peer's certificate is verified.
type Trust struct {
	ServerName         string
	CAFile             string
	InsecureSkipVerify bool
}

// HTTP is a dependency that answers GET.
type HTTP struct {
	URL      string
	Status   []int
	Contains string
	JSON     map[string]string // dotted path in the body, and what must stand there
	Headers  map[string]string
	Bearer   secret.Text
	User     string
	Password secret.Text
	Trust    Trust
}

// TCP is a dependency that takes connections.
type TCP struct{ Addr string }

// TLS is a dependency that shows a certificate.
type TLS struct {
	Addr  string
	Trust Trust
}

// DNS is a name that must resolve.
type DNS struct {
	Host   string
	Server string
	Record string
	Expect []string
}

// Postgres is a PostgreSQL server.
type Postgres struct {
	DSN                secret.Text
	InsecureSkipVerify bool
}

// Redis is a Redis server.
type Redis struct {
	Addr     string
	User     string
	Password secret.Text
	TLS      bool
	Trust    Trust
}

// defaultTimeout of one check, as that of a scrape.
const defaultTimeout = 5 * time.Second

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
	d := Dependency{Timeout: defaultTimeout}
	kinds := 0
	kind := func(read func(value)) func(value) {
		return func(v value) { kinds++; read(v) }
	}
	v.object(fields{
		"name":     set(&d.Name, instanceName),
		"timeout":  set(&d.Timeout, positive),
		"interval": set(&d.Interval, positive),
		"slow":     set(&d.Slow, positive),
		"http":     kind(func(v value) { d.HTTP = l.http(v) }),
		"tcp":      kind(func(v value) { d.TCP = tcp(v) }),
		"tls":      kind(func(v value) { d.TLS = tlsPeer(v) }),
		"dns":      kind(func(v value) { d.DNS = dns(v) }),
		"postgres": kind(func(v value) { d.Postgres = l.postgres(v) }),
		"redis":    kind(func(v value) { d.Redis = l.redis(v) }),
	})
	if kinds != 1 {
		v.fail("a dependency is of exactly one kind: http, tcp, tls, dns, postgres or redis")
	}
	return d
}

func (l *loader) http(v value) *HTTP {
	var h HTTP
	known := fields{
		"url":      set(&h.URL, l.webAddress),
		"status":   setList(&h.Status, status),
		"contains": set(&h.Contains, plainText),
		"json":     func(v value) { h.JSON = texts(v, plainText) },
		"headers":  func(v value) { h.Headers = texts(v, l.secretText) },
		"user":     set(&h.User, plainText),
	}
	l.secretFields(known, "bearer", &h.Bearer)
	l.secretFields(known, "password", &h.Password)
	h.Trust.fields(known)
	v.object(known)
	if h.URL == "" {
		v.fail("http needs a url")
	}
	return &h
}

func tcp(v value) *TCP {
	var t TCP
	v.object(fields{"addr": set(&t.Addr, peerAddress)})
	if t.Addr == "" {
		v.fail("tcp needs an addr")
	}
	return &t
}

func tlsPeer(v value) *TLS {
	var t TLS
	known := fields{"addr": set(&t.Addr, peerAddress)}
	t.Trust.fields(known)
	v.object(known)
	if t.Addr == "" {
		v.fail("tls needs an addr")
	}
	return &t
}

func dns(v value) *DNS {
	var d DNS
	v.object(fields{
		"host": set(&d.Host, plainText), "server": set(&d.Server, plainText),
		"record": set(&d.Record, plainText), "expect": setList(&d.Expect, plainText),
	})
	if d.Host == "" {
		v.fail("dns needs a host")
	}
	return &d
}

func (l *loader) postgres(v value) *Postgres {
	var p Postgres
	known := fields{"insecure_skip_verify": set(&p.InsecureSkipVerify, boolean)}
	l.secretFields(known, "dsn", &p.DSN)
	v.object(known)
	if !p.DSN.Set() {
		v.fail("postgres needs a dsn or a dsn_file")
	}
	return &p
}

func (l *loader) redis(v value) *Redis {
	var r Redis
	known := fields{"addr": set(&r.Addr, peerAddress), "user": set(&r.User, plainText), "tls": set(&r.TLS, boolean)}
	l.secretFields(known, "password", &r.Password)
	r.Trust.fields(known)
	v.object(known)
	if r.Addr == "" {
		v.fail("redis needs an addr")
	}
	return &r
}

// fields adds what a certificate is verified by.
func (t *Trust) fields(known fields) {
	known["server_name"] = set(&t.ServerName, plainText)
	known["ca_file"] = set(&t.CAFile, plainText)
	known["insecure_skip_verify"] = set(&t.InsecureSkipVerify, boolean)
}

// secretFields adds a secret that can stand here or in a file.
func (l *loader) secretFields(known fields, name string, target *secret.Text) {
	keep := func(read func(string) (string, error)) func(value) {
		return func(v value) {
			if target.Set() {
				v.fail("%s and %s_file are both set: set one of the two", name, name)
				return
			}
			var text string
			set(&text, read)(v)
			*target = secret.New(text)
		}
	}
	known[name] = keep(l.secretText)
	known[name+fileKey] = keep(l.secretFile)
}

// fileKey ends the keys that name a file with a secret.
const fileKey = "_file"

// texts reads a mapping of names to texts.
func texts(v value, parse func(string) (string, error)) map[string]string {
	all := make(map[string]string)
	for _, e := range v.entries() {
		var text string
		set(&text, parse)(e.value)
		all[e.key] = text
	}
	return all
}

func (l *loader) webAddress(s string) (string, error) {
	l.config.secrets = append(l.config.secrets, passwords(s)...)
	return s, checkURL(s, "http", "https")
}

// secretText keeps a secret, and the password in one that is a URL.
func (l *loader) secretText(s string) (string, error) {
	l.config.secrets = append(append(l.config.secrets, s), passwords(s)...)
	return s, nil
}

func (l *loader) secretFile(path string) (string, error) {
	text, err := l.read(path)
	if err != nil {
		return "", err
	}
	return l.secretText(strings.TrimSpace(string(text)))
}

func peerAddress(s string) (string, error) { return s, hostPort(s) }

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

// String shows the dependency without its secrets.
func (d Dependency) String() string {
	text := ""
	switch {
	case d.HTTP != nil:
		text = "http " + withoutPassword(d.HTTP.URL)
	case d.TCP != nil:
		text = "tcp " + d.TCP.Addr
	case d.TLS != nil:
		text = "tls " + d.TLS.Addr
	case d.DNS != nil:
		text = "dns " + d.DNS.Host
	case d.Postgres != nil:
		text = "postgres " + d.Postgres.DSN.String()
	case d.Redis != nil:
		text = "redis " + d.Redis.Addr
	}
	text += " timeout=" + d.Timeout.String()
	if d.Interval > 0 {
		text += " interval=" + d.Interval.String()
	}
	if d.Slow > 0 {
		text += " slow=" + d.Slow.String()
	}
	return text
}
