package supervisor_test

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/actors/probe/dependency"
	"orchestrator-watchdog/actors/probe/dependency/servertest"
	"orchestrator-watchdog/actors/probe/orchestrator"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/secret"
)

const password = "hunter2/and+more"

// asked asks one URL with two probes, and returns the level and the detail of orch_down and of
// dep_down.
func asked(t *testing.T, address string, settings peer.TLS) (levels [2]messages.Level, words [2]string) {
	t.Helper()
	const timeout = 10 * time.Second
	trust, err := peer.LoadTLS(settings)
	if err != nil {
		t.Fatal(err)
	}
	o := orchestrator.New(orchestrator.Options{
		Settings: orchestrator.Settings{URL: address, Timeout: timeout, Token: secret.New(password), MaxBytes: 1 << 20, AnyJSON: true}, Trust: trust, Now: time.Now,
	})
	d, err := dependency.New(dependency.Spec{
		Name: "d", Timeout: timeout, Now: time.Now,
		Target: &dependency.HTTP{URL: address, Bearer: secret.New(password), TLS: settings, JSON: map[string]string{"status": "ok"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range []interface {
		Observe(ctx context.Context) (probe.Reading, error)
	}{o, d} {
		r, _ := p.Observe(t.Context())
		levels[i] = r.Observations[0].Level
		words[i] = r.Observations[0].Detail
		if printed := fmt.Sprintf("%+v", r); strings.Contains(strings.ToLower(printed), "hunter2") {
			t.Errorf("the token shows in %s", printed)
		}
	}
	words[0] = strings.NewReplacer("the orchestrator's /metrics: ", "", "answers with status", "status failed: it answers").Replace(words[0])
	words[1], _, _ = strings.Cut(words[1], " (connect ")
	words[1], _, _ = strings.Cut(words[1], " (resolve ")
	return levels, words
}

// Both probes come to the same verdict about one URL, in the same words.
func TestOneURLOneVerdict(t *testing.T) {
	v := servertest.Left(time.Now(), 24*time.Hour, 12*time.Hour)
	root := servertest.NewAuthority(t, "root", v)
	ca := root.File(t)
	encoded := func(encoding, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", encoding)
			if encoding == "gzip" {
				z := gzip.NewWriter(w)
				defer z.Close()
				_, _ = io.WriteString(z, body)
				return
			}
			_, _ = io.WriteString(w, body)
		}
	}
	say := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status); _, _ = io.WriteString(w, body) }
	}
	elsewhere := plain(t, say(200, `{"status":"ok"}`))
	to := func(address string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, address, http.StatusFound) }
	}
	const healthy = `{"status":"ok"}`
	for name, c := range map[string]struct {
		address string
		tls     peer.TLS
		want    string // part of both details; empty: the target is healthy
	}{
		"healthy":                 {address: plain(t, say(200, healthy))},
		"gzip":                    {address: plain(t, encoded("gzip", healthy))},
		"a BOM":                   {address: plain(t, say(200, "\ufeff"+healthy))},
		"brotli":                  {address: plain(t, encoded("br", healthy)), want: `body failed: its answer is encoded as "br"`},
		"a redirect":              {address: plain(t, to(elsewhere))},
		"a redirect to https":     {address: plain(t, to("https://127.0.0.1:1/")), want: "status failed: redirected from http to https: set the final URL"},
		"a circle":                {address: plain(t, to("/")), want: "status failed: redirected more than 5 times"},
		"an error with a reason":  {address: plain(t, say(503, "the database is\n locked \u202e")), want: `status failed: it answers 503 Service Unavailable: "the database is locked"`},
		"an error page":           {address: plain(t, say(502, "<html><title>upstream is asleep</title>")), want: `status failed: it answers 502 Bad Gateway: "upstream is asleep"`},
		"nothing listens":         {address: "http://" + servertest.Refusing(t), want: "connect failed: connection refused: nothing listens there"},
		"no such name":            {address: "http://no-such-name.invalid/", want: `resolve failed: its name "no-such-name.invalid" does not resolve`},
		"a private authority":     {address: secured(t, root, v, tls.NoClientCert, say(200, healthy)), tls: peer.TLS{CAFile: ca}},
		"an unknown authority":    {address: secured(t, root, v, tls.NoClientCert, say(200, healthy)), want: `TLS failed: the certificate was signed by an unknown authority (issuer "root"): trust it with ca_file`},
		"a client certificate":    {address: secured(t, root, v, tls.RequireAnyClientCert, say(200, healthy)), tls: peer.TLS{CAFile: ca}, want: "it asks for a client certificate: set cert_file and key_file"},
		"no TLS":                  {address: strings.Replace(elsewhere, "http:", "https:", 1), want: "TLS failed: it does not speak TLS there"},
		"mail":                    {address: "http://" + servertest.Listen(t, greet), want: "status failed: the answer is not HTTP"},
		"the credentials, quoted": {address: plain(t, echo), want: "status failed: it answers 401 "},
		"headers without end":     {address: "http://" + servertest.Listen(t, servertest.Endless("HTTP/1.1 200 OK\r\n", "X: y\r\n")), want: "status failed: the headers of the answer are larger than 64 KiB"},
		"a body that breaks off":  {address: "http://" + servertest.Listen(t, servertest.Reset("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")), want: "body failed: the connection was closed by the other side (after "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			levels, words := asked(t, c.address, c.tls)
			if levels[0] != levels[1] || c.want != "" && words[0] != words[1] {
				t.Errorf("the orchestrator's probe says %s, %q; the dependency's %s, %q", levels[0], words[0], levels[1], words[1])
			}
			if (levels[1] == messages.OK) != (c.want == "") || !strings.Contains(words[1], c.want) {
				t.Errorf("got %s, %q; want %q", levels[1], words[1], c.want)
			}
		})
	}
}

func plain(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func secured(t *testing.T, root *servertest.Authority, v servertest.Validity, auth tls.ClientAuthType, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{root.Issue(t, v, "127.0.0.1")}, ClientAuth: auth}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

// greet speaks first, as a mail server does.
func greet(c net.Conn) {
	_, _ = io.WriteString(c, "220 mail.example.org ESMTP\r\n")
	servertest.Swallow(c)
}

// echo repeats the credentials in several encodings, in the status line, a header and the body.
func echo(w http.ResponseWriter, r *http.Request) {
	conn, buffer, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	given := r.Header.Get("Authorization")
	_, token, _ := strings.Cut(given, " ")
	forms := []string{token, url.QueryEscape(token), url.PathEscape(token), strings.ToUpper(token), base64.StdEncoding.EncodeToString([]byte("watch:" + token))}
	body := `{"error":"` + strings.Join(forms, " ") + `"}`
	fmt.Fprintf(buffer, "HTTP/1.1 401 %s %s\r\nContent-Type: application/json; x=%s\r\nContent-Length: %d\r\n\r\n%s", given, forms[1], token, len(body), body)
	_ = buffer.Flush()
}
