package dependency_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/actors/probe/dependency"
	"orchestrator-watchdog/actors/probe/dependency/servertest"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/secret"
)

// A MySQL or MariaDB server is up if it accepts the login and answers SELECT 1. With TLS, its
// certificate is judged. The server is real; at the end it is stopped.
func TestARealMariaDB(t *testing.T) {
	var addr string
	t.Run("running", func(t *testing.T) {
		now := time.Now()
		root := servertest.NewAuthority(t, "root", servertest.Left(now, 3650*day, 3000*day))
		addr = servertest.MariaDB(t, "hunter2", root.Issue(t, servertest.Left(now, 90*day, 15*day), "db.example"))
		ca := root.File(t)
		stranger := servertest.NewAuthority(t, "stranger", servertest.Left(now, 3650*day, 3000*day)).File(t)
		dsn := func(user, rest string) secret.Text { return secret.New(user + "@tcp(" + addr + ")/" + rest) }
		for name, c := range map[string]struct {
			db   dependency.MySQL
			want string
			cert messages.Level
		}{
			"without TLS":              {dependency.MySQL{DSN: dsn("watch:hunter2", "")}, up, messages.OK},
			"a database":               {dependency.MySQL{DSN: dsn("watch:hunter2", "information_schema?charset=utf8mb4&parseTime=True&loc=Local")}, up, messages.OK},
			"ed25519":                  {dependency.MySQL{DSN: dsn("edward:hunter2", "")}, up, messages.OK},
			"ed25519 over TLS":         {dependency.MySQL{DSN: dsn("edward:hunter2", "?tls=skip-verify")}, up, messages.Warning},
			"TLS if offered":           {dependency.MySQL{DSN: dsn("vault:hunter2", "?tls=preferred")}, up, messages.Warning},
			"any certificate":          {dependency.MySQL{DSN: dsn("vault:hunter2", "?tls=skip-verify")}, up, messages.Warning},
			"any, set by TLS settings": {dependency.MySQL{DSN: dsn("vault:hunter2", "?tls=true"), TLS: peer.TLS{InsecureSkipVerify: true}}, up, messages.Warning},
			"a trusted certificate":    {dependency.MySQL{DSN: dsn("vault:hunter2", ""), TLS: peer.TLS{CAFile: ca, ServerName: "db.example"}}, up, messages.Warning},
			"ca_file over skip-verify": {dependency.MySQL{DSN: dsn("watch:hunter2", "?tls=skip-verify"), TLS: peer.TLS{CAFile: stranger}}, "the certificate was signed by an unknown authority", messages.Warning},
			"an unknown authority":     {dependency.MySQL{DSN: dsn("watch:hunter2", "?tls=true")}, "the certificate was signed by an unknown authority", messages.Warning},
			"another server name":      {dependency.MySQL{DSN: dsn("watch:hunter2", "?tls=true"), TLS: peer.TLS{CAFile: ca}}, `TLS failed: the certificate is for "db.example", not for "127.0.0.1"`, messages.Warning},
			"a user who needs TLS":     {dependency.MySQL{DSN: dsn("vault:hunter2", "")}, "login failed: it refuses the user or the password (1045)", messages.OK},
			"a wrong password":         {dependency.MySQL{DSN: dsn("watch:hunter3", "")}, "login failed: it refuses the user or the password (1045)", messages.OK},
			"a wrong one, by ed25519":  {dependency.MySQL{DSN: dsn("edward:hunter3", "")}, "login failed: it refuses the user or the password (1045)", messages.OK},
			"a wrong one, over TLS":    {dependency.MySQL{DSN: dsn("watch:hunter3", "?tls=skip-verify")}, "login failed: it refuses the user or the password (1045)", messages.Warning},
			"a wrong user":             {dependency.MySQL{DSN: dsn("hunter:hunter2", "")}, "login failed: it refuses the user or the password (1045)", messages.OK},
			"no password":              {dependency.MySQL{DSN: dsn("watch", "")}, "login failed: it refuses the user or the password (1045)", messages.OK},
			"no such database":         {dependency.MySQL{DSN: dsn("root", "hunter")}, "login failed: it has no such database (1049)", messages.OK},
			"a forbidden database":     {dependency.MySQL{DSN: dsn("watch:hunter2", "mysql")}, "login failed: it refuses the user this database (1044)", messages.OK},
		} {
			t.Run(name, func(t *testing.T) {
				seen := wantDown(t, dependency.Spec{Target: &c.db}, c.want)
				if strings.Contains(fmt.Sprint(seen), "hunter") {
					t.Errorf("a part of the DSN shows in %v", seen)
				}
				if o, judged := seen["dep_cert:db"]; judged != (c.cert != messages.OK) || o.Level != c.cert {
					t.Errorf("dep_cert: got %+v, want %s", o, c.cert)
				}
			})
		}
		t.Run("no connection left", func(t *testing.T) {
			fill(t, addr)
			wantDown(t, dependency.Spec{Target: &dependency.MySQL{DSN: dsn("watch:hunter2", "")}}, "login failed: it has too many connections, and takes no more (1040)")
		})
	})
	if t.Failed() || addr == "" {
		return
	}
	wantDown(t, dependency.Spec{Target: &dependency.MySQL{DSN: secret.New("watch:hunter2@tcp(" + addr + ")/")}}, "connect failed: connection refused: nothing listens there")
}

// fill opens connections until the server refuses one.
func fill(t *testing.T, addr string) {
	t.Helper()
	for range 100 {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		head := make([]byte, 5)
		if _, err := io.ReadFull(conn, head); err != nil {
			t.Fatal(err)
		}
		if head[4] == 0xff {
			return
		}
	}
	t.Fatal("it accepts any number of connections")
}
