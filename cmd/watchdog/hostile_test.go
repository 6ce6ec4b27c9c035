package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"

	"orchestrator-watchdog/actors/probe/container/containertest"
	"orchestrator-watchdog/actors/probe/dependency/servertest"
)

// shippedLimit is the memory limit of the Compose file, in bytes.
const shippedLimit = 128 << 20

// hostile returns dependencies whose peers answer without end, or with answers that take many times
// their length to read, by what they do.
func hostile(t *testing.T) map[string]string {
	web := func(start, text string) string {
		return fmt.Sprintf(`http: {url: "http://%s/", contains: never, json: {a.b: 2}}`, servertest.Listen(t, servertest.Endless("HTTP/1.1 200 OK\r\n"+start, text)))
	}
	sql := func(handle func(net.Conn)) string {
		return fmt.Sprintf(`postgres: {dsn: "postgres://u@%s/d?sslmode=disable"}`, servertest.Listen(t, handle))
	}
	mysql := func(parts ...string) string {
		return fmt.Sprintf(`mysql: {dsn: "u@tcp(%s)/"}`, servertest.Listen(t, greets(parts...)))
	}
	redis := func(start, text string) string {
		return fmt.Sprintf(`redis: {addr: %q}`, servertest.Listen(t, servertest.Endless(start, text)))
	}
	const in, notice = "R\x00\x00\x00\x08\x00\x00\x00\x00", "N\x00\x00\x00\x16SNOTICE\x00Mhello you\x00\x00"
	return map[string]string{
		"body":       web("\r\n", "x"),
		"header":     web("", "X-A: "+strings.Repeat("y", 100)+"\r\n"),
		"hints":      web("\r\nHTTP/1.1 103 Early Hints\r\n\r\n", "HTTP/1.1 103 Early Hints\r\n\r\n"),
		"chunks":     web("Transfer-Encoding: chunked\r\n\r\n", "1;"+strings.Repeat("z", 100)+"\r\nx\r\n"),
		"bomb":       web("Content-Encoding: gzip\r\n\r\n"+bomb(t), "x"),
		"json":       web("\r\n{\"a\":{\"b\":1},\"c\":[", "{},"),
		"json wide":  web("Content-Length: 1000000\r\n\r\n{\"a\":{\"b\":1},\"c\":["+strings.Repeat("{},", 333_000)+strings.Repeat(" ", 974)+"0]}", "x"),
		"json deep":  web("\r\n", "["),
		"parameters": sql(servertest.Endless(in, "S\x00\x00\x00\x0aab\x00cd\x00")),
		"notices":    sql(servertest.Endless(in, notice)),
		"rows":       sql(rows),
		"one row":    sql(servertest.Endless(in+"D\x3f\xff\xff\xff", "x")),
		"greeting":   mysql("\x0a\xff\xff\x00\x0a8"),
		"columns":    mysql(mysqlGreeting, "\x07\x00\x00\x02\x00\x00\x00\x02\x00\x00\x00", "\x09\x00\x00\x01\xfe\xff\xff\xff\x7f\x00\x00\x00\x00"),
		"one packet": mysql(mysqlGreeting, "\xff\xff\xff\x02\xfe"),
		"text":       redis("+", "x"),
		"bulk":       redis("$1000000000\r\n", "x"),
		"list":       redis("*1000000000\r\n", "$1\r\na\r\n"),
		"push":       redis("", ">2\r\n$7\r\nmessage\r\n$1\r\na\r\n"),
		"chain":      fmt.Sprintf(`tls: {addr: %q}`, longChain(t)),
		"tls":        fmt.Sprintf(`tls: {addr: %q}`, servertest.Listen(t, servertest.Endless("", "\x16\x03\x03\x40\x00\x02\x00\x3f\xfc"))),
	}
}

// longChain is a server whose certificate has a chain of a hundred authorities.
func longChain(t *testing.T) string {
	t.Helper()
	validity := servertest.Left(time.Now(), 48*time.Hour, 24*time.Hour)
	authority := servertest.NewAuthority(t, "root", validity)
	for n := range 100 {
		authority = authority.Intermediate(t, fmt.Sprintf("authority %d", n), validity)
	}
	config := &tls.Config{Certificates: []tls.Certificate{authority.Issue(t, validity, "127.0.0.1")}}
	return servertest.Listen(t, func(conn net.Conn) { _ = tls.Server(conn, config).Handshake() })
}

// bomb returns a gzip of 64 MiB of zeros.
func bomb(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for zeros := make([]byte, 1<<20); b.Len() < 64<<10; {
		if _, err := z.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// rows accepts a PostgreSQL client, and answers its query without end.
func rows(conn net.Conn) {
	asked := make([]byte, 1024)
	_, _ = conn.Read(asked)
	_, _ = conn.Write([]byte("R\x00\x00\x00\x08\x00\x00\x00\x00Z\x00\x00\x00\x05I"))
	servertest.Endless("T\x00\x00\x00\x1e\x00\x01abcd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x19\xff\xff\xff\xff\xff\xff\x00\x00", "D\x00\x00\x00\x0b\x00\x01\x00\x00\x00\x01x")(conn)
}

// mysqlGreeting is the first packet of a MySQL server.
const mysqlGreeting = "\x46\x00\x00\x00\x0a8.0\x00\x01\x00\x00\x00abcdefgh\x00\x09\x82\xff\x02\x00\xff\x01\x15\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00ijklmnopqrst\x00mysql_native_password"

// greets sends the first part at once, each further part after the client has sent something, and
// then packets without end.
func greets(parts ...string) func(net.Conn) {
	return func(conn net.Conn) {
		for _, part := range parts[:len(parts)-1] {
			_, _ = conn.Write([]byte(part))
			_, _ = conn.Read(make([]byte, 1024))
		}
		_, err := conn.Write([]byte(parts[len(parts)-1]))
		for block := bytes.Repeat([]byte("\x01\x00\x00\x02x"), 1000); err == nil; {
			_, err = conn.Write(block)
		}
	}
}

// hostileEngine answers like Docker, and lists containers without end.
func hostileEngine(conn net.Conn) {
	servertest.Endless("HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Type: application/json\r\n\r\n[{}",
		`,{"Id":"0123456789abcdef","Names":["/app"],"State":"running","Labels":{"a":"b","c":"d"}}`)(conn)
}

// Within the shipped memory limit, all hostile peers at once do not end the watchdog. It tells the
// failure and the recovery of a dependency that really fails.
func TestNoPeerEndsTheContainer(t *testing.T) {
	engine := containertest.Engine(t)
	image(t)
	const patience = 2 * time.Minute // the hostile peers use most of the CPU
	failing := servertest.Refusing(t)
	api := chat(t)
	endless := "http://" + servertest.Listen(t, servertest.Endless("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[", "{},"))
	var file strings.Builder
	fmt.Fprintf(&file, "orchestrator: {url: %q}\nwitness: {urls: [%q]}\nalertmanager: {url: %q}\n", endless, endless, endless)
	says := servertest.Listen(t, greets("220-hello\r\n"))
	fmt.Fprintf(&file, "channels:\n  - {name: mail, email: {server: %q, tls: none, from: w@example.org, to: [o@example.org]}}\n  - {name: hook, webhook: {url: %q}}\n", says, endless)
	fmt.Fprint(&file, "signals: {'*': {mute: true}, 'dep_down:real': {mute: false}}\ndependencies:\n")
	for _, peer := range hostile(t) {
		for range 2 {
			fmt.Fprintf(&file, "  - {name: h%d, timeout: 3s, %s}\n", file.Len(), peer)
		}
	}
	fmt.Fprintf(&file, "  - {name: real, interval: 1s, tcp: {addr: %q}}\n", failing)
	path := filepath.Join(t.TempDir(), "watchdog.yaml")
	must(t, os.WriteFile(path, []byte(file.String()), 0o644))

	id := shippedContainer(t, path, 0, append(telegramSettings(api), "WATCHDOG_CONFIG=/w.yaml", "WATCHDOG_TICK=2s", "WATCHDOG_LISTEN=off", "WATCHDOG_HOST_LABEL=web-1",
		"WATCHDOG_DOCKER_HOST=tcp://"+servertest.Listen(t, hostileEngine)))
	alert := findWithin(t, api, patience, "🔴 ALERT dep_down:real")
	hold := time.NewTimer(10 * time.Second) // every peer is read several times
	defer hold.Stop()
	<-hold.C
	listener, err := net.Listen("tcp", failing)
	must(t, err)
	defer listener.Close()
	if m := findWithin(t, api, patience, "🟢 RECOVERED dep_down:real"); m.ReplyTo != alert.ID {
		t.Errorf("got %+v", m)
	}
	hears(t, api, "ALERT dep_down:real", "RECOVERED dep_down:real")
	c, err := engine.ContainerInspect(t.Context(), id)
	must(t, err)
	if c.State.OOMKilled || !c.State.Running || c.RestartCount > 0 {
		t.Errorf("the container ended: %+v", c.State)
	}
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.State.Pid))
	_, peak, _ := strings.Cut(string(status), "VmHWM:")
	peak, _, _ = strings.Cut(peak, "\n")
	t.Logf("peak resident memory: %s", strings.TrimSpace(peak))
}

// shippedContainer runs the image with the shipped limits and a share of CPUs (0: no limit), on the
// host's network, where the peers of the test are.
func shippedContainer(t *testing.T, file string, cpus float64, settings []string) (id string) {
	t.Helper()
	engine := containertest.Engine(t)
	created, err := engine.ContainerCreate(t.Context(),
		&container.Config{Image: watchdogImage, Env: settings, Labels: map[string]string{"watchdog.test": "true"}},
		&container.HostConfig{
			NetworkMode: "host", ReadonlyRootfs: true, Resources: container.Resources{Memory: shippedLimit, MemorySwap: shippedLimit, NanoCPUs: int64(cpus * 1e9)},
			Binds: []string{file + ":/w.yaml:ro"},
		}, nil, nil, containertest.Name(t, "shipped"))
	must(t, err)
	t.Cleanup(func() {
		_ = engine.ContainerRemove(context.Background(), created.ID, container.RemoveOptions{Force: true})
	})
	containertest.Start(t, engine, created.ID)
	return created.ID
}
