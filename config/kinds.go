package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"orchestrator-watchdog/messages/secret"
)

// HTTP is a dependency that answers GET.
type HTTP struct {
	URL      string            // may hold a user and password
	Status   []int             // those that are well; none: any of 200 to 299
	Contains string            // in the body
	JSON     map[string]string // dotted paths in the body, and what must stand there
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

// DNS is a name that has to resolve.
type DNS struct {
	Host   string
	Server string   // host or host:port; empty: the system's
	Record string   // A, AAAA, CNAME, MX, NS, TXT, SRV, PTR
	Expect []string // each must be among the answers; none: any answer is well
}

// Postgres is a PostgreSQL server.
type Postgres struct {
	DSN   secret.Text // a URL, or key=value as libpq reads it
	Trust Trust       // above what the DSN says
}

// Redis is a Redis server.
type Redis struct {
	Addr     string
	User     string // of an ACL; empty: the default user
	Password secret.Text
	TLS      bool
	Trust    Trust // where TLS is set
}

func (l *loader) http(v value) *HTTP {
	var h HTTP
	var bearer, bearerFile, password, passwordFile string
	v.object(h.Trust.with(fields{
		"url":           set(&h.URL, l.address),
		"status":        setList(&h.Status, httpStatus),
		"contains":      set(&h.Contains, plainText),
		"json":          func(v value) { h.JSON = v.texts() },
		"headers":       func(v value) { h.Headers = l.headers(v) },
		"bearer":        set(&bearer, l.secret),
		"bearer_file":   set(&bearerFile, l.secretIn),
		"user":          set(&h.User, plainText),
		"password":      set(&password, l.secret),
		"password_file": set(&passwordFile, l.secretIn),
	}))
	if h.URL == "" {
		v.fail("http needs a url")
	}
	h.Bearer = secret.New(v.once(bearer, bearerFile, "bearer"))
	h.Password = secret.New(v.once(password, passwordFile, "password"))
	if h.Bearer.Set() && (h.User != "" || h.Password.Set()) {
		v.fail("bearer and user or password are both set: keep one of the two")
	}
	if h.Password.Set() && h.User == "" {
		v.fail("a password needs its user")
	}
	return &h
}

// texts reads a mapping of any keys to single values.
func (v value) texts() map[string]string {
	all := make(map[string]string)
	for _, e := range v.entries() {
		var text string
		set(&text, plainText)(e.value)
		all[e.key] = text
	}
	return all
}

// address reads a URL, and keeps its password.
func (l *loader) address(s string) (string, error) {
	l.config.keepSecret(passwords(s)...)
	return webAddress(s)
}

func tcp(v value) *TCP {
	var t TCP
	v.object(fields{"addr": set(&t.Addr, hostPort)})
	if t.Addr == "" {
		v.fail("tcp needs an addr")
	}
	return &t
}

func tls(v value) *TLS {
	var t TLS
	v.object(t.Trust.with(fields{"addr": set(&t.Addr, hostPort)}))
	if t.Addr == "" {
		v.fail("tls needs an addr")
	}
	return &t
}

func dns(v value) *DNS {
	d := DNS{Record: "A"}
	v.object(fields{
		"host": set(&d.Host, instanceName), "server": set(&d.Server, instanceName),
		"record": set(&d.Record, record), "expect": setList(&d.Expect, plainText),
	})
	if d.Host == "" {
		v.fail("dns needs a host")
	}
	return &d
}

func record(s string) (string, error) {
	if s = strings.ToUpper(s); !slices.Contains([]string{"A", "AAAA", "CNAME", "MX", "NS", "TXT", "SRV", "PTR"}, s) {
		return "", fmt.Errorf("%q is none of A, AAAA, CNAME, MX, NS, TXT, SRV, PTR", s)
	}
	return s, nil
}

func (l *loader) postgres(v value) *Postgres {
	var p Postgres
	var dsn, dsnFile string
	v.object(p.Trust.with(fields{"dsn": set(&dsn, l.dsn), "dsn_file": set(&dsnFile, l.dsnIn)}))
	p.DSN = secret.New(v.once(dsn, dsnFile, "dsn"))
	if !p.DSN.Set() {
		v.fail("postgres needs a dsn or dsn_file")
	}
	return &p
}

// dsn keeps the whole, and its password alone: errors quote either.
func (l *loader) dsn(s string) (string, error) {
	if s == "" {
		return "", errors.New("this is empty")
	}
	l.config.keepSecret(dsnPasswords(s)...)
	return l.secret(s)
}

func (l *loader) dsnIn(at string) (string, error) {
	s, err := l.secretFile(at)
	if err != nil {
		return "", err
	}
	return l.dsn(s)
}

func (l *loader) redis(v value) *Redis {
	var r Redis
	var password, passwordFile string
	v.object(r.Trust.with(fields{
		"addr": set(&r.Addr, hostPort), "user": set(&r.User, plainText), "tls": set(&r.TLS, boolean),
		"password": set(&password, l.secret), "password_file": set(&passwordFile, l.secretIn),
	}))
	r.Password = secret.New(v.once(password, passwordFile, "password"))
	if r.Addr == "" {
		v.fail("redis needs an addr")
	}
	if !r.TLS && r.Trust != (Trust{}) {
		v.fail("ca_file, cert_file, key_file, server_name and insecure_skip_verify need tls: true")
	}
	return &r
}
