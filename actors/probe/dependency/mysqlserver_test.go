package dependency_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/actors/probe/dependency"
	"orchestrator-watchdog/actors/probe/dependency/servertest"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/secret"
)

// packet encodes a MySQL packet: its length, its number and its body.
func packet(number byte, body string) string {
	n := len(body)
	return string([]byte{byte(n), byte(n >> 8), byte(n >> 16), number}) + body
}

// greeting returns the first packet of a MySQL 8 server.
func greeting(withTLS bool) string {
	capabilities := "\x09\x82" // long passwords, a database, protocol 4.1, a challenge of 20 bytes
	if withTLS {
		capabilities = "\x09\x8a"
	}
	return packet(0, "\x0a8.0.36\x00\x01\x00\x00\x00"+challenge[:8]+"\x00"+capabilities+"\xff\x02\x00\xff\x01\x15"+strings.Repeat("\x00", 10)+challenge[8:]+"\x00caching_sha2_password\x00")
}

const (
	challenge = "abcdefghijklmnopqrst"
	letIn     = "\x00\x00\x00\x02\x00\x00\x00"
	// answered is the result of SELECT 1.
	answered = "\x01\x00\x00\x01\x01" + "\x17\x00\x00\x02\x03def\x00\x00\x00\x011\x00\x0c\x3f\x00\x01\x00\x00\x00\x08\x81\x00\x00\x00\x00" +
		"\x02\x00\x00\x03\x011" + "\x07\x00\x00\x04\xfe\x00\x00\x02\x00\x00\x00"
)

// speaks returns a handler that sends the first part at once and each other part after a read,
// and then reads for ever.
func speaks(parts ...string) func(net.Conn) { return then(servertest.Swallow, parts...) }

// then returns a handler that sends the first part at once and each other part after a read, and
// then calls handle.
func then(handle func(net.Conn), parts ...string) func(net.Conn) {
	return func(c net.Conn) {
		for i, part := range parts {
			if i > 0 {
				_, _ = c.Read(make([]byte, 4096))
			}
			_, _ = io.WriteString(c, part)
		}
		handle(c)
	}
}

// However a MySQL server fails, the check ends in time, names the step, and shows no part of the
// DSN.
func TestHowAMySQLServerFails(t *testing.T) {
	greet, in := greeting(false), packet(2, letIn)
	refusal := func(number int, message string) string {
		return "\xff" + string([]byte{byte(number), byte(number >> 8)}) + message
	}
	for name, c := range map[string]struct {
		addr string
		want string
	}{
		"nothing listens":          {servertest.Refusing(t), "connect failed: connection refused"},
		"a name that is not there": {"no-such-name.invalid:3306", "resolve failed"},
		"packets are swallowed":    {servertest.BlackHole(t), "connect failed: no answer within 600ms"},
		"it is starting up":        {servertest.Listen(t, func(net.Conn) {}), "login failed: the connection was closed by the other side before its greeting: it may be starting up"},
		"it says nothing":          {servertest.Listen(t, servertest.Swallow), "login failed: no answer within 600ms"},
		"a slow greeting":          {servertest.Listen(t, then(servertest.Drip("", patience/10), "\x4a\x00")), "login failed: no answer within 600ms"},
		"it blocks this host":      {servertest.Listen(t, speaks(packet(0, refusal(1129, "Host '10.0.0.5' is blocked because of many connection errors; unblock with 'mysqladmin flush-hosts'")))), "login failed: it blocks this host after too many broken connections: run FLUSH HOSTS there (1129)"},
		"not from this host":       {servertest.Listen(t, speaks(packet(0, refusal(1130, "Host '10.0.0.5' is not allowed to connect to this MySQL server")))), "login failed: it lets nobody in from this host (1130)"},
		"too many connections":     {servertest.Listen(t, speaks(packet(0, refusal(1040, "#08004Too many connections")))), "login failed: it has too many connections, and takes no more (1040)"},
		"it is shutting down":      {servertest.Listen(t, speaks(greet, packet(2, refusal(1053, "#08S01Server shutdown in progress")))), "login failed: it is shutting down (1053)"},
		"an error of its own":      {servertest.Listen(t, speaks(greet, packet(2, refusal(3159, "#HY000User 'hunter1' has hunter2, hunter%32")))), "login failed: it answers User '…' has ***, *** (3159)"},
		"another protocol":         {servertest.Listen(t, speaks("220 mail ESMTP\r\n")), "login failed: its answer is not MySQL"},
		"SSH":                      {servertest.Listen(t, speaks("SSH-2.0-OpenSSH_9.2\r\n")), "login failed: its answer is not MySQL"},
		"a short greeting":         {servertest.Listen(t, speaks(packet(0, "\x0a8.0\x00abc"))), "login failed: its answer is not MySQL"},
		"an unfinished greeting":   {servertest.Listen(t, speaks(packet(0, "\x0a8.0"))), "login failed: its answer is not MySQL"},
		"an old protocol":          {servertest.Listen(t, speaks(packet(0, "\x093.23\x00"+strings.Repeat("x", 60)))), "login failed: its answer is not MySQL"},
		"an empty packet":          {servertest.Listen(t, speaks(packet(0, ""))), "login failed: its answer is not MySQL"},
		"a short error":            {servertest.Listen(t, speaks(greet, packet(2, "\xff\x15"))), "login failed: its answer is not MySQL"},
		"a short welcome":          {servertest.Listen(t, speaks(greet, packet(2, "\x00"))), "login failed: its answer is not MySQL"},
		"a short challenge":        {servertest.Listen(t, speaks(greet, packet(2, "\xfemysql_native_password\x00abc\x00"))), "login failed: its answer is not MySQL"},
		"an unknown plugin":        {servertest.Listen(t, speaks(greet, packet(2, "\xfehunter2\x00abc\x00"))), "login failed: this authentication plugin is not supported"},
		"a key of another kind":    {servertest.Listen(t, speaks(greet, packet(2, "\x01\x04"), packet(4, "\x01"+otherKey(t)))), "login failed: its answer is not MySQL"},
		"the password in clear":    {servertest.Listen(t, speaks(greet, packet(2, "\xfemysql_clear_password\x00"))), "login failed: this user requires clear text authentication"},
		"a reset":                  {servertest.Listen(t, then(servertest.Reset("\x07"), greet)), "login failed: the connection was closed by the other side"},
		"silence on the login":     {servertest.Listen(t, speaks(greet)), "login failed: no answer within 600ms"},
		"a huge welcome":           {servertest.Listen(t, speaks(greet, "\xff\xff\xff\x02\x00")), "login failed: its answer is not MySQL"},
		"a reset of the query":     {servertest.Listen(t, then(servertest.Reset("\x01"), greet, in)), "query failed: the connection was closed by the other side"},
		"silence on the query":     {servertest.Listen(t, speaks(greet, in)), "query failed: no answer within 600ms"},
		"a slow answer":            {servertest.Listen(t, then(servertest.Drip("\x30\x00\x00\x01", patience/10), greet, in)), "query failed: no answer within 600ms"},
		"a huge answer":            {servertest.Listen(t, speaks(greet, in, "\xff\xff\xff\x01\x01")), "query failed: its answer is longer than 64 KiB, and is not read further"},
		"columns without end":      {servertest.Listen(t, then(servertest.Endless(packet(1, "\xfe\xff\xff\xff\xff\xff\xff\xff\x7f"), packet(2, "x")), greet, in)), "query failed: "},
		"rows without end":         {servertest.Listen(t, then(endlessRows, greet, in)), "query failed: its answer is longer than 256 KiB, and is not read further"},
		"a short end of the rows":  {servertest.Listen(t, speaks(greet, in, packet(1, "\x01")+packet(2, "x")+packet(3, "\xfe"))), "query failed: its answer is not MySQL"},
		"it requests a local file": {servertest.Listen(t, speaks(greet, in, packet(1, "\xfb/etc/passwd"), packet(3, letIn))), "query failed: local file '/etc/passwd' is not registered"},
		"the query is refused":     {servertest.Listen(t, speaks(greet, in, packet(1, refusal(1142, "#42000SELECT command denied to user 'hunter1'@'10.0.0.5'")))), "query failed: it answers SELECT command denied to user '…'@'…' (1142)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of them wait
			dsn := secret.New("hunter1:hunter2@tcp(" + c.addr + ")/hunter3")
			down := wantDown(t, dependency.Spec{Target: &dependency.MySQL{DSN: dsn}}, c.want)["dep_down:db"]
			if strings.Contains(down.Detail, "hunter") {
				t.Errorf("a part of the DSN shows in %q", down.Detail)
			}
		})
	}
}

// endlessRows answers a query with rows without end. Their packets are numbered correctly: the
// driver checks that.
func endlessRows(c net.Conn) {
	_, _ = c.Read(make([]byte, 4096))
	_, err := io.WriteString(c, packet(1, "\x01")+packet(2, "x"))
	for i := byte(3); err == nil; i++ {
		_, err = io.WriteString(c, packet(i, "\xfb"+strings.Repeat("x", 1000)))
	}
}

// otherKey returns a public key that is not RSA.
func otherKey(t *testing.T) string {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// With tls=true, a server that fails at TLS is down, and the detail says so.
func TestAMySQLServerWithoutTLS(t *testing.T) {
	for name, c := range map[string]struct {
		handle func(net.Conn)
		want   string
	}{
		"it has none":              {speaks(greeting(false)), "TLS failed: it offers no TLS"},
		"a reset instead":          {then(servertest.Reset("x"), greeting(true)), "TLS failed: the connection was closed by the other side"},
		"silence in the handshake": {speaks(greeting(true)), "TLS failed: no answer within 600ms"},
		"it speaks something else": {speaks(greeting(true), "220 mail ESMTP\r\n"), "TLS failed: it does not speak TLS there"},
		"it refuses at once":       {speaks(packet(0, "\xff\x10\x04Too many connections")), "login failed: it has too many connections, and takes no more (1040)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of them wait
			dsn := secret.New("watch@tcp(" + servertest.Listen(t, c.handle) + ")/?tls=true")
			seen := wantDown(t, dependency.Spec{Target: &dependency.MySQL{DSN: dsn}}, c.want)
			if o := seen["dep_cert:db"]; o.Level != messages.Unknown || o.Signal == "" {
				t.Errorf("got %+v, want unknown", o)
			}
		})
	}
}

// MySQL 8 asks for the password itself if it has not cached its hash. The password is sent
// unchanged over TLS, and otherwise encrypted with the server's key. The query is SELECT 1.
func TestTheLoginOfMySQL8(t *testing.T) {
	now := time.Now()
	root := servertest.NewAuthority(t, "root", servertest.Left(now, 3650*day, 3000*day))
	cert := root.Issue(t, servertest.Left(now, 90*day, 80*day), "127.0.0.1")
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for options, trust := range map[string]peer.TLS{"": {}, "?tls=preferred": {}, "?tls=true": {CAFile: root.File(t)}} {
		t.Run(options, func(t *testing.T) {
			addr := servertest.Listen(t, func(c net.Conn) {
				s := &mysql8{t: t, Conn: c}
				s.say(0, greeting(options != "")[4:])
				if options != "" {
					if request := s.hear(1); len(request) != 32 || request[1]&0x08 == 0 {
						t.Errorf("the request for TLS is %q", request)
					}
					s.Conn, s.ahead = tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}}), 1
				}
				s.hear(1)
				s.say(2, "\x01\x04")
				s.password(key)
				s.query()
			})
			wantDown(t, dependency.Spec{Target: &dependency.MySQL{DSN: secret.New("watch:hunter2@tcp(" + addr + ")/" + options), TLS: trust}}, up)
		})
	}
}

// mysql8 is the server's side of a login.
type mysql8 struct {
	net.Conn
	t     *testing.T
	ahead byte // 1 with TLS: its request is a packet of its own
}

func (s *mysql8) say(number byte, body string) {
	_, _ = io.WriteString(s, packet(number+s.ahead, body))
}

func (s *mysql8) hear(number byte) []byte {
	head := make([]byte, 4)
	if _, err := io.ReadFull(s, head); err != nil {
		s.t.Error(err)
	}
	if head[3] != number+s.ahead {
		s.t.Errorf("packet %d came, want %d", head[3], number+s.ahead)
	}
	body := make([]byte, int(head[0])|int(head[1])<<8)
	_, _ = io.ReadFull(s, body)
	return body
}

// password reads the password, unchanged over TLS and otherwise encrypted with key, and accepts
// the login.
func (s *mysql8) password(key *rsa.PrivateKey) {
	said, last := s.hear(3), byte(4)
	if s.ahead == 0 {
		if string(said) != "\x02" {
			s.t.Errorf("without TLS came %q, want a request for the key", said)
		}
		der, _ := x509.MarshalPKIXPublicKey(&key.PublicKey)
		s.say(4, "\x01"+string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})))
		var err error
		if said, err = rsa.DecryptOAEP(sha1.New(), nil, key, s.hear(5), nil); err != nil {
			s.t.Error(err)
		}
		for i := range said {
			said[i] ^= challenge[i%len(challenge)]
		}
		last = 6
	}
	if string(said) != "hunter2\x00" {
		s.t.Errorf("the password came as %q", said)
	}
	s.say(last, letIn)
}

func (s *mysql8) query() {
	s.ahead = 0
	if asked := s.hear(0); !bytes.Equal(asked, []byte("\x03SELECT 1")) {
		s.t.Errorf("it sent %q", asked)
	}
	_, _ = io.WriteString(s, answered)
	servertest.Swallow(s)
}

// However a MySQL server fails, the check leaks no goroutine.
func TestMySQLLeaksNoGoroutine(t *testing.T) {
	broken := []string{packet(2, "\xff"), packet(2, "\x00\xfe"), packet(2, "\xfemysql_native_password\x00"), packet(2, letIn) + packet(1, "\xfe"), packet(2, letIn) + packet(1, "\xff")}
	var probes []func()
	for _, text := range broken {
		addr := servertest.Listen(t, func(c net.Conn) { then(func(net.Conn) {}, greeting(false), text)(c) })
		p := newProbe(t, dependency.Spec{Target: &dependency.MySQL{DSN: secret.New("watch:hunter2@tcp(" + addr + ")/")}})
		probes = append(probes, func() { observe(t, p) })
	}
	before := runtime.NumGoroutine()
	for range 20 {
		for _, look := range probes {
			look()
		}
	}
	deadline := time.Now().Add(10 * time.Second)
	for runtime.NumGoroutine() > before+len(broken) && time.Now().Before(deadline) {
		runtime.Gosched()
	}
	if n := runtime.NumGoroutine(); n > before+len(broken) {
		t.Errorf("%d goroutines after %d checks, and %d before", n, 20*len(broken), before)
	}
}
