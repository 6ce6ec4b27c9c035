package dependency_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/actors/probe/dependency"
	"orchestrator-watchdog/actors/probe/dependency/servertest"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/secret"
)

// A PostgreSQL server is up if it accepts the login and answers SELECT 1. Its certificate is
// verified as strictly as sslmode says, and judged whenever it is seen. The server is real.
func TestARealPostgres(t *testing.T) {
	now := time.Now()
	root := servertest.NewAuthority(t, "root", servertest.Left(now, 3650*day, 3000*day))
	addr := servertest.Postgres(t, "hunter2", root.Issue(t, servertest.Left(now, 90*day, 15*day), "db.example"))
	ca, stranger := root.File(t), servertest.NewAuthority(t, "stranger", servertest.Left(now, 3650*day, 3000*day)).File(t)
	dsn := func(format string, args ...any) secret.Text {
		return secret.New(fmt.Sprintf("postgres://watch:hunter2@"+addr+format, args...))
	}
	as := func(user string) secret.Text {
		return secret.New("postgres://" + user + "@" + addr + "/postgres")
	}
	for name, c := range map[string]struct {
		db   dependency.Postgres
		want string
		cert messages.Level
	}{
		"TLS if offered":            {dependency.Postgres{DSN: dsn("/postgres")}, up, messages.Warning},
		"without TLS":               {dependency.Postgres{DSN: dsn("/postgres?sslmode=disable")}, up, messages.OK},
		"any certificate":           {dependency.Postgres{DSN: dsn("/postgres?sslmode=require")}, up, messages.Warning},
		"a trusted certificate":     {dependency.Postgres{DSN: dsn("/postgres?sslmode=verify-ca&sslrootcert=%s", ca)}, up, messages.Warning},
		"an unknown authority":      {dependency.Postgres{DSN: dsn("/postgres?sslmode=verify-ca&sslrootcert=%s", stranger)}, "TLS failed: the certificate was signed by an unknown authority", messages.Warning},
		"another server name":       {dependency.Postgres{DSN: dsn("/postgres?sslmode=verify-full&sslrootcert=%s", ca)}, `TLS failed: the certificate is for "db.example", not for "127.0.0.1"`, messages.Warning},
		"a ca_file and server_name": {dependency.Postgres{DSN: dsn("/postgres?sslmode=prefer"), TLS: peer.TLS{CAFile: ca, ServerName: "db.example"}}, up, messages.Warning},
		"another ca_file":           {dependency.Postgres{DSN: dsn("/postgres?sslmode=allow"), TLS: peer.TLS{CAFile: stranger}}, "the certificate was signed by an unknown authority", messages.Warning},
		"any, over verify-full":     {dependency.Postgres{DSN: dsn("/postgres?sslmode=verify-full&sslrootcert=%s", stranger), TLS: peer.TLS{InsecureSkipVerify: true}}, up, messages.Warning},
		"a wrong password":          {dependency.Postgres{DSN: as("watch:hunter3")}, "login failed: it refuses the user or the password (28P01)", messages.Warning},
		"a wrong user":              {dependency.Postgres{DSN: as("hunter:hunter2")}, "login failed: it refuses the user or the password (28P01)", messages.Warning},
		"no password":               {dependency.Postgres{DSN: as("watch")}, "login failed: ", messages.Warning},
		"no such database":          {dependency.Postgres{DSN: dsn("/hunter")}, "login failed: it has no such database (3D000)", messages.Warning},
	} {
		t.Run(name, func(t *testing.T) {
			seen := wantDown(t, dependency.Spec{Target: &c.db}, c.want)
			if o := seen["dep_cert:db"]; o.Level != c.cert {
				t.Errorf("got %+v, want %s", o, c.cert)
			}
			if printed := fmt.Sprint(seen); strings.Contains(printed, "hunter") || strings.Contains(printed, "watch:") {
				t.Errorf("a secret shows in %v", seen)
			}
		})
	}
}

// welcome accepts a login and is ready for a query.
const welcome = "R\x00\x00\x00\x08\x00\x00\x00\x00" + "Z\x00\x00\x00\x05I"

// However a PostgreSQL server fails, the check ends in time, names the step, and shows no part
// of the DSN.
func TestHowAPostgresServerFails(t *testing.T) {
	const huge = "R\x7f\xff\xff\xff"
	for name, c := range map[string]struct{ addr, want string }{
		"nothing listens":          {servertest.Refusing(t), "connect failed: connection refused"},
		"a name that is not there": {"no-such-name.invalid:5432", "resolve failed"},
		"packets are swallowed":    {servertest.BlackHole(t), "connect failed: no answer within 600ms"},
		"a reset at once":          {servertest.Listen(t, servertest.Reset("")), "failed: the connection was closed by the other side"},
		"it says nothing":          {servertest.Listen(t, servertest.Swallow), "login failed: no answer within 600ms"},
		"a reset":                  {servertest.Listen(t, servertest.Reset("R\x00\x00")), "login failed: the connection was closed by the other side"},
		"a reset of the query":     {servertest.Listen(t, resetSecond), "query failed: the connection was closed by the other side"},
		"silence on the query":     {servertest.Listen(t, servertest.Say(welcome)), "query failed: no answer within 600ms"},
		"a slow answer":            {servertest.Listen(t, servertest.Drip("R\x00\x00\xff\xff", patience/10)), "login failed: no answer within 600ms"},
		"a huge message":           {servertest.Listen(t, servertest.Endless(huge, "x")), "login failed: "},
		"an answer without end":    {servertest.Listen(t, servertest.Endless("", "S\x00\x00\x00\x0aab\x00cd\x00")), "login failed: its answer is longer than 256 KiB, and is not read further"},
		"no entry in pg_hba.conf":  {servertest.Listen(t, servertest.Say("E\x00\x00\x00\x5bSFATAL\x00C28000\x00Mno pg_hba.conf entry for host \"10.0.0.5\", user \"hunter\", no encryption\x00\x00")), `login failed: it answers no pg_hba.conf entry for host "…", user "…", no encryption (28000)`},
		"too many connections":     {servertest.Listen(t, servertest.Say("E\x00\x00\x00\x34SFATAL\x00C53300\x00Msorry, too many clients already\x00\x00")), "login failed: it answers sorry, too many clients already (53300)"},
		"another protocol":         {servertest.Listen(t, servertest.Say("220 mail ESMTP\r\n")), "login failed: "},
		"it repeats the password":  {servertest.Listen(t, servertest.Say("E\x00\x00\x00\x2eSFATAL\x00C58000\x00Mit was hunter2, hunter%32\x00\x00")), "login failed: it answers it was ***, *** (58000)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of them wait
			dsn := secret.New("postgres://hunter1:hunter2@" + c.addr + "/hunter3?sslmode=disable")
			down := wantDown(t, dependency.Spec{Target: &dependency.Postgres{DSN: dsn}}, c.want)["dep_down:db"]
			if strings.Contains(down.Detail, "hunter") {
				t.Errorf("a part of the DSN shows in %q", down.Detail)
			}
		})
	}
}

// With sslmode=require, a server that fails at TLS is down, and the detail says so.
func TestAPostgresServerWithoutTLS(t *testing.T) {
	for name, c := range map[string]struct {
		handle func(conn)
		want   string
	}{
		"it has none":              {servertest.Say("N"), "TLS failed: server refused TLS connection"},
		"a reset instead":          {servertest.Reset("S"), "TLS failed: the connection was closed by the other side"},
		"silence in the handshake": {servertest.Say("S"), "TLS failed: no answer within 600ms"},
		"it speaks something else": {servertest.Say("S220 mail ESMTP\r\n"), "TLS failed: it does not speak TLS there"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of them wait
			dsn := secret.New("postgres://watch@" + servertest.Listen(t, c.handle) + "/?sslmode=require")
			seen := wantDown(t, dependency.Spec{Target: &dependency.Postgres{DSN: dsn}}, c.want)
			if o := seen["dep_cert:db"]; o.Level != messages.Unknown || o.Signal == "" {
				t.Errorf("got %+v, want unknown", o)
			}
		})
	}
}

// The query runs in a read-only transaction, so it can change nothing.
func TestTheQueryOfPostgresIsReadOnly(t *testing.T) {
	asked := make(chan string, 1)
	addr := servertest.Listen(t, func(c conn) {
		buffer := make([]byte, 4096)
		_, _ = c.Read(buffer)
		_, _ = c.Write([]byte(welcome))
		n, _ := c.Read(buffer)
		asked <- string(buffer[:n])
	})
	p := newProbe(t, dependency.Spec{Target: &dependency.Postgres{DSN: secret.New("postgres://watch@" + addr + "/?sslmode=disable")}})
	observe(t, p)
	if got, want := <-asked, "BEGIN READ ONLY; SELECT 1; ROLLBACK\x00"; !strings.HasPrefix(got, "Q") || !strings.HasSuffix(got, want) {
		t.Errorf("it sent %q, want %q", got, want)
	}
}

// A check opens one connection. A query that hangs is not cancelled over a second connection, on
// which the server would hang too.
func TestACheckOfPostgresOpensOneConnection(t *testing.T) {
	var connections atomic.Int32
	addr := servertest.Listen(t, func(c conn) {
		connections.Add(1)
		servertest.Say(welcome)(c)
	})
	p := newProbe(t, dependency.Spec{Timeout: patience, Target: &dependency.Postgres{DSN: secret.New("postgres://watch@" + addr + "/?sslmode=disable")}})
	for range 3 {
		observe(t, p)
	}
	if n := connections.Load(); n != 3 {
		t.Errorf("three checks made %d connections", n)
	}
}

// resetSecond accepts the login and resets the connection when the query comes.
func resetSecond(c conn) {
	_, _ = c.Read(make([]byte, 4096))
	_, _ = c.Write([]byte(welcome))
	servertest.Reset("E")(c)
}
