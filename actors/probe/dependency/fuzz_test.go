package dependency

import (
	"bytes"
	"context"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/probe/dependency/servertest"
	"orchestrator-watchdog/messages/secret"
)

// Whatever a Redis server replies, the error is one bounded line without our password.
func FuzzRedisRefusal(f *testing.F) {
	f.Add("-WRONGPASS invalid username-password pair or user is disabled.")
	f.Add("-ERR unknown command 'AUTH', with args beginning with: 'hunter2hunter2'")
	f.Add("hunter2hunter2")
	f.Add("-")
	f.Add("-ERR hunter2hunter2\x00\u202e")
	f.Fuzz(func(t *testing.T, reply string) {
		tr := &trial{cleaner: secret.NewCleaner("hunter2hunter2")}
		shown := tr.refusal(reply).Error()
		if strings.Contains(shown, "hunter2hunter2") || len(shown) > maxRefusal+100 || strings.ContainsAny(shown, "\n\x00\u202e") {
			t.Errorf("for %q it shows %q", reply, shown)
		}
	})
}

// Finding secrets in any text never panics, and a secret is never longer than the text.
func FuzzPasswords(f *testing.F) {
	for _, seed := range []string{"http://u:p@[::1]:80/%zz", "password='a\\' b'", "postgres://u:p%2F@h/d?password=x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, p := range append(dsnPasswords(s), mysqlPasswords(s)...) {
			if len(p) > len(s)*3 { // escaping makes three characters of one
				t.Errorf("%q is longer than %q", p, s)
			}
		}
		_ = secret.MaskURL(s)
	})
}

// Whatever a MySQL server sends, the check and the driver's goroutine end.
func FuzzMySQLServer(f *testing.F) {
	greeting := []byte("\x49\x00\x00\x00\x0a8.0\x00\x01\x00\x00\x00abcdefgh\x00\x09\x82\xff\x02\x00\xff\x01\x15\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00ijklmnopqrst\x00caching_sha2_password\x00")
	greeting[0] = byte(len(greeting) - mysqlHead)
	f.Add(append(greeting, "\x07\x00\x00\x02\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x01\x01"...))
	f.Add(append(greeting, "\x03\x00\x00\x02\xff\x15\x04"...))
	f.Add(append(greeting, "\x1a\x00\x00\x02\xfemysql_native_password\x00abc"...))
	f.Add(append(greeting, "\x02\x00\x00\x02\x01\x04\x02\x00\x00\x04\x01x"...))
	login, err := (&MySQL{DSN: secret.New("user:hunter2hunter2@tcp(x:1)/")}).login()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, said []byte) {
		before, tr, step := runtime.NumGoroutine(), newTrial(time.Now, time.Second), "login"
		tr.cleaner = secret.NewCleaner("hunter2hunter2")
		conn := recorded{text: bytes.NewReader(said)}
		server := &mysqlConn{Conn: conn, raw: conn}
		if err := login.ask(t.Context(), tr, server, &step); err != nil {
			if shown := server.refused(tr, step, err).Error(); strings.Contains(shown, "hunter2hunter2") || len(shown) > maxRefusal+200 {
				t.Errorf("it shows %q", shown)
			}
		}
		for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(end); {
			runtime.Gosched()
		}
		if n := runtime.NumGoroutine(); n > before {
			t.Errorf("%d goroutines are left", n-before)
		}
	})
}

// Whatever a Redis server sends, the check ends, and its error does not contain our password.
func FuzzRedisServer(f *testing.F) {
	f.Add("+OK\r\n+PONG\r\n")
	f.Add("-WRONGPASS hunter2hunter2\r\n")
	f.Add("+OK\r\n-LOADING Redis is loading\r\n")
	f.Add("$5\r\nhello\r\n")
	f.Add("*1000000000\r\n")
	f.Add("+OK\n")
	target := Redis{Addr: "x:1", Password: secret.New("hunter2hunter2")}
	f.Fuzz(func(t *testing.T, said string) {
		tr := newTrial(time.Now, time.Second)
		tr.cleaner = secret.NewCleaner("hunter2hunter2")
		if err := target.ping(tr, recorded{text: bytes.NewReader([]byte(said))}); err != nil {
			if shown := err.Error(); strings.Contains(shown, "hunter2hunter2") || len(shown) > maxRefusal+200 || strings.ContainsAny(shown, "\r\n\x00\u202e") {
				t.Errorf("for %q it shows %q", said, shown)
			}
		}
	})
}

// Whatever a PostgreSQL server sends, the check ends, and its error does not contain our password.
func FuzzPostgresServer(f *testing.F) {
	const in = "R\x00\x00\x00\x08\x00\x00\x00\x00"
	f.Add(in + "Z\x00\x00\x00\x05I" + "C\x00\x00\x00\x0dSELECT 1\x00" + "Z\x00\x00\x00\x05I")
	f.Add("E\x00\x00\x00\x2bSFATAL\x00C28P01\x00Mhunter2hunter2 is wrong\x00\x00")
	f.Add("R\x00\x00\x00\x0c\x00\x00\x00\x05abcd")
	f.Add("R\x00\x00\x00\x17\x00\x00\x00\x0aSCRAM-SHA-256\x00\x00" + "R\x00\x00\x00\x10\x00\x00\x00\x0br=x,s=y,")
	f.Add(in + "S\x00\x00\x00\x0aab\x00cd\x00" + "N\x00\x00\x00\x05\x00" + "D\x3f\xff\xff\xff")
	f.Add("HTTP/1.1 400 Bad Request\r\n\r\n")
	said := make(chan string, 1)
	address := servertest.Listen(f, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 4096))
		select {
		case text := <-said:
			_, _ = c.Write([]byte(text))
			_ = c.(*net.TCPConn).CloseWrite()
			_, _ = c.Read(make([]byte, 4096)) // otherwise the close resets the connection
		default: // a connection by which the driver cancels its query
		}
	})
	check, err := (&Postgres{DSN: secret.New("postgres://u:hunter2hunter2@" + address + "/d?sslmode=disable")}).newCheck(Spec{Timeout: 5 * time.Second})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		select {
		case <-said:
		default:
		}
		said <- text
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if err := check.run(ctx, newTrial(time.Now, 5*time.Second)); err != nil {
			if shown := err.Error(); strings.Contains(shown, "hunter2hunter2") || len(shown) > 1000 || strings.ContainsAny(shown, "\r\n\x00\u202e") {
				t.Errorf("for %q it shows %q", text, shown)
			}
		}
	})
}

// recorded is a connection that replays a text and ignores what is written.
type recorded struct {
	net.Conn
	text *bytes.Reader
}

func (r recorded) Read(p []byte) (int, error)  { return r.text.Read(p) }
func (r recorded) Write(p []byte) (int, error) { return len(p), nil }
func (r recorded) Close() error                { return nil }
