package dependency_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/actors/probe/dependency"
	"orchestrator-watchdog/actors/probe/dependency/servertest"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/secret"
)

const (
	// patience is the timeout of checks that are expected to time out.
	patience = 600 * time.Millisecond
	// ample is the timeout of all other checks: no machine is that slow.
	ample = 30 * time.Second
)

// up is the expectation that a check succeeds.
const up = ""

// spec completes s to a dependency named db.
func spec(s dependency.Spec) dependency.Spec {
	s.Name = "db"
	if s.Timeout == 0 {
		s.Timeout = ample
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	return s
}

func newProbe(t *testing.T, s dependency.Spec) probe.Probe {
	t.Helper()
	p, err := dependency.New(spec(s))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// observe checks once and returns the observations by signal.
func observe(t *testing.T, p probe.Probe) map[messages.Key]messages.Observation {
	t.Helper()
	r, err := p.Observe(t.Context())
	seen := make(map[messages.Key]messages.Observation)
	for _, o := range r.Observations {
		seen[o.Signal] = o
	}
	down, ok := seen["dep_down:db"]
	if !ok {
		t.Fatalf("got %+v without dep_down:db", r)
	}
	if (err != nil) != (down.Level == messages.Critical) {
		t.Errorf("dep_down is %s with the error %v", down.Level, err)
	}
	if strings.ContainsAny(down.Detail, "\n\r") {
		t.Errorf("the detail is not one line: %q", down.Detail)
	}
	return seen
}

// wantDown checks once. The detail of dep_down must contain fault; if fault is up, dep_down must be ok.
func wantDown(t *testing.T, s dependency.Spec, fault string) map[messages.Key]messages.Observation {
	t.Helper()
	if s.Timeout == 0 && waits(fault) {
		s.Timeout = patience
	}
	seen := observe(t, newProbe(t, s))
	down := seen["dep_down:db"]
	if (down.Level == messages.OK) != (fault == up) || !strings.Contains(down.Detail, fault) {
		t.Errorf("got %s, %q; want %q", down.Level, down.Detail, fault)
	}
	return seen
}

// waits reports whether a fault shows only after the timeout.
func waits(fault string) bool {
	return strings.Contains(fault, patience.String()) || strings.Contains(fault, "the packet is not a DNS answer") || strings.HasPrefix(fault, "resolve failed")
}

// With slow set, a slow answer is a warning of dep_slow, which is unknown while the dependency is down.
func TestASlowAnswerIsAWarning(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := dependency.Spec{
		Slow:   2 * time.Second,
		Now:    func() time.Time { now = now.Add(1500 * time.Millisecond); return now }, // each call advances the clock
		Target: &dependency.HTTP{URL: serve(t, answer(200, "pass"))},
	}
	if o := wantDown(t, s, up)["dep_slow:db"]; o.Level != messages.Warning || !o.Valued || !strings.Contains(o.Detail, "status 4.5s") {
		t.Errorf("got %+v, want a warning with the time of each step", o)
	}
	s.Slow = time.Hour
	if o := wantDown(t, s, up)["dep_slow:db"]; o.Level != messages.OK {
		t.Errorf("got %+v, want ok below the limit", o)
	}
	s.Target = &dependency.TCP{Addr: servertest.Refusing(t)}
	if o := wantDown(t, s, "connect failed")["dep_slow:db"]; o.Level != messages.Unknown {
		t.Errorf("got %+v, want unknown while it is down", o)
	}
	s.Slow = 0
	if o, ok := wantDown(t, s, "connect failed")["dep_slow:db"]; ok {
		t.Errorf("got %+v where no limit is set", o)
	}
}

// The detail of a fault gives the duration of each step, including the one that failed.
func TestEachStepIsTimed(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := dependency.Spec{
		Now:    func() time.Time { now = now.Add(time.Second); return now },
		Target: &dependency.HTTP{URL: serve(t, answer(503, ""))},
	}
	wantDown(t, s, "status failed: it answers 503 Service Unavailable (connect 2s, status 3s)")
}

// New refuses a dependency that cannot be checked. Its error contains no secret.
func TestAnInvalidDependencyIsRefused(t *testing.T) {
	text := secret.New
	for name, c := range map[string]struct {
		spec dependency.Spec
		want string
	}{
		"no kind":            {dependency.Spec{}, "it is of 0 kinds"},
		"no timeout":         {dependency.Spec{Timeout: -1, Target: &dependency.TCP{Addr: "a:1"}}, "timeout"},
		"an addr":            {dependency.Spec{Target: &dependency.TCP{Addr: "mail"}}, "not a host:port"},
		"a url":              {dependency.Spec{Target: &dependency.HTTP{URL: "://u:hunter2@x"}}, "not an http or https URL"},
		"another scheme":     {dependency.Spec{Target: &dependency.HTTP{URL: "ftp://u:hunter2@x"}}, "not an http or https URL"},
		"a record":           {dependency.Spec{Target: &dependency.DNS{Host: "x", Record: "LOC"}}, "is none of A, AAAA"},
		"a dsn":              {dependency.Spec{Target: &dependency.Postgres{DSN: text("postgres://u:hunter2@x:port/")}}, "dsn is not understood"},
		"a malformed dsn":    {dependency.Spec{Target: &dependency.Postgres{DSN: text("host=x password=hunter2 oops")}}, "dsn is not understood"},
		"a dsn with no file": {dependency.Spec{Target: &dependency.Postgres{DSN: text("host=x password=hunter2 sslmode=verify-ca sslrootcert=/no/such")}}, "/no/such"},
		"a URL for a dsn":    {dependency.Spec{Target: &dependency.MySQL{DSN: text("mysql://u:hunter2@x:3306/")}}, "dsn is not understood: it has to be user:password@tcp(host:port)/database"},
		"a dsn of a socket":  {dependency.Spec{Target: &dependency.MySQL{DSN: text("u:hunter2@unix(/run/x)/")}}, "dsn is not understood"},
		"a mode of TLS":      {dependency.Spec{Target: &dependency.MySQL{DSN: text("u:hunter2@tcp(x)/?tls=hunter2")}}, "dsn is not understood"},
		"contrary TLS":       {dependency.Spec{Target: &dependency.MySQL{DSN: text("u:hunter2@tcp(x)/?tls=false"), TLS: peer.TLS{CAFile: "/x"}}}, "its TLS settings need TLS, and its dsn says tls=false"},
		"a ca file":          {dependency.Spec{Target: &dependency.TLS{Addr: "x:1", TLS: peer.TLS{CAFile: "/no/such"}}}, "ca_file: there is no file /no/such"},
		"an empty ca file":   {dependency.Spec{Target: &dependency.Redis{Addr: "x:1", TLS: true, Trust: peer.TLS{CAFile: "/dev/null"}}}, "holds no certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := dependency.New(spec(c.spec))
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// No verb of fmt shows a secret of a Spec, its Target or its Probe.
func TestNoVerbShowsASecret(t *testing.T) {
	const url = "http://hunter2:hunter2@127.0.0.1:1/"
	for _, s := range []dependency.Spec{
		{Target: &dependency.HTTP{URL: url, Password: secret.New("hunter2"), Headers: map[string]string{"X-Key": "hunter2"}}},
		{Target: &dependency.Postgres{DSN: secret.New("host=127.0.0.1 user=hunter2 password=hunter2")}},
		{Target: &dependency.MySQL{DSN: secret.New("hunter2:hunter2@tcp(127.0.0.1)/")}},
		{Target: &dependency.Redis{Addr: "127.0.0.1:1", Password: secret.New("hunter2")}},
	} {
		p := newProbe(t, s)
		for _, value := range []any{s, s.Target, p} {
			if printed := fmt.Sprintf("%v %+v %#v %s", value, value, value, value); strings.Contains(printed, "hunter2") {
				t.Errorf("a secret shows in %s", printed)
			}
		}
	}
}
