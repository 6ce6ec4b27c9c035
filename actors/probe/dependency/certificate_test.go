package dependency_test

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/actors/probe/dependency"
	"orchestrator-watchdog/actors/probe/dependency/servertest"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/secret"
)

const day = 24 * time.Hour

// today is the time in all tests of certificates, so that none depends on when it runs.
var today = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func lasting(whole, left time.Duration) servertest.Validity {
	return servertest.Left(today, whole, left)
}

// serveTLS starts an HTTPS server with a certificate and returns its address.
func serveTLS(t testing.TB, c tls.Certificate, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{c}}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// dep_cert follows the share of its lifetime that the worst certificate of the chain has left.
// dep_down names each reason why the chain is not trusted.
func TestCertificates(t *testing.T) {
	root := servertest.NewAuthority(t, "root", lasting(20*365*day, 365*day)) // the lifetime of a root does not count
	stranger := servertest.NewAuthority(t, "stranger", lasting(3650*day, 3000*day))
	short := root.Intermediate(t, "short", lasting(120*day, 10*day))
	gone := root.Intermediate(t, "gone", lasting(120*day, -day))
	fresh := lasting(90*day, 80*day)
	const host = "127.0.0.1"
	for name, c := range map[string]struct {
		cert  tls.Certificate
		trust peer.TLS
		level messages.Level
		says  string // dep_cert's detail
		fault string // dep_down's
	}{
		"fresh":                         {cert: root.Issue(t, fresh, host), level: messages.OK, says: "with 88 % of its 90 days left"},
		"a sixth is left":               {cert: root.Issue(t, lasting(90*day, 15*day), host), level: messages.Warning, says: "ends on 2026-06-16 12:00 UTC, with 16 % of its 90 days left: renew it"},
		"a twelfth is left":             {cert: root.Issue(t, lasting(90*day, 180*time.Hour), host), level: messages.Critical, says: "with 8 %"},
		"short-lived, half is left":     {cert: root.Issue(t, lasting(24*time.Hour, 12*time.Hour), host), level: messages.OK, says: "with 50 % of its 24h0m0s left"},
		"short-lived, a sixth is left":  {cert: root.Issue(t, lasting(24*time.Hour, 4*time.Hour), host), level: messages.Warning, says: "with 16 %"},
		"expired":                       {cert: root.Issue(t, lasting(90*day, -day), host), level: messages.Critical, says: "expired on 2026-05-31", fault: "TLS failed: the certificate of \"127.0.0.1\" expired on 2026-05-31 12:00 UTC ("},
		"not valid yet":                 {cert: root.Issue(t, lasting(90*day, 91*day), host), level: messages.OK, fault: "is not valid before 2026-06-02"},
		"for another name":              {cert: root.Issue(t, fresh, "a.example", "b.example"), level: messages.OK, fault: `TLS failed: the certificate is for "a.example", "b.example", not for "127.0.0.1" (`},
		"for the server_name":           {cert: root.Issue(t, fresh, "a.example"), trust: peer.TLS{ServerName: "a.example"}, level: messages.OK},
		"of an unknown authority":       {cert: stranger.Issue(t, fresh, host), level: messages.OK, fault: `TLS failed: the certificate was signed by an unknown authority (issuer "stranger"): it is not in ca_file (`},
		"everything wrong":              {cert: stranger.Issue(t, lasting(90*day, -day), "a.example"), level: messages.Critical, fault: "is for \"a.example\", not for \"127.0.0.1\"; the certificate of \"a.example\" expired on 2026-05-31 12:00 UTC; the certificate was signed by an unknown authority"},
		"everything wrong, accepted":    {cert: stranger.Issue(t, lasting(90*day, -day), "a.example"), trust: peer.TLS{InsecureSkipVerify: true}, level: messages.Critical, says: "expired"},
		"an authority near its end":     {cert: short.Issue(t, fresh, host), level: messages.Critical, says: `the certificate of "short" ends on 2026-06-11`},
		"an authority that has expired": {cert: gone.Issue(t, fresh, host), level: messages.Critical, fault: `the certificate of "gone" expired on 2026-05-31`},
	} {
		t.Run(name, func(t *testing.T) {
			addr := serveTLS(t, c.cert, answer(200, ""))
			c.trust.CAFile = root.File(t)
			s := dependency.Spec{Now: func() time.Time { return today }, Target: &dependency.TLS{Addr: addr, TLS: c.trust}}
			cert := wantDown(t, s, c.fault)["dep_cert:db"]
			if cert.Level != c.level || !cert.Valued || !strings.Contains(cert.Detail, c.says) {
				t.Errorf("over TLS got %+v, want %s, %q", cert, c.level, c.says)
			}
			s.Target = &dependency.HTTP{URL: "https://" + addr, TLS: c.trust}
			if cert := wantDown(t, s, c.fault)["dep_cert:db"]; cert.Level != c.level {
				t.Errorf("over https got %+v, want %s", cert, c.level)
			}
		})
	}
}

// An expired certificate that a peer sends but the chain does not need is no fault.
func TestAnUnneededCertificateDoesNotCount(t *testing.T) {
	root := servertest.NewAuthority(t, "root", lasting(3650*day, 3000*day))
	cert := root.Issue(t, lasting(90*day, 80*day), "127.0.0.1")
	old := servertest.NewAuthority(t, "old root", lasting(3650*day, 3000*day)).Issue(t, lasting(90*day, -day), "old")
	cert.Certificate = append(cert.Certificate, old.Certificate[0])
	seen := wantDown(t, dependency.Spec{
		Now:    func() time.Time { return today },
		Target: &dependency.TLS{Addr: serveTLS(t, cert, answer(200, "")), TLS: peer.TLS{CAFile: root.File(t)}},
	}, up)
	if o := seen["dep_cert:db"]; o.Level != messages.OK {
		t.Errorf("got %+v", o)
	}
}

// A server_name applies to the host of the settings. After a redirect to another host, the
// certificate must be for that host.
func TestAServerNameIsForOneHost(t *testing.T) {
	root := servertest.NewAuthority(t, "root", lasting(3650*day, 3000*day))
	fresh := lasting(90*day, 80*day)
	there := serveTLS(t, root.Issue(t, fresh, "127.0.0.1"), answer(200, ""))
	here := serveTLS(t, root.Issue(t, fresh, "a.example"), location(302, "https://"+there))
	wantDown(t, dependency.Spec{
		Now:    func() time.Time { return today },
		Target: &dependency.HTTP{URL: "https://" + here, TLS: peer.TLS{ServerName: "a.example", CAFile: root.File(t)}},
	}, up)
}

// No request is sent to a peer whose certificate is not trusted.
func TestNoSecretGoesToAnUntrustedPeer(t *testing.T) {
	cert := servertest.NewAuthority(t, "stranger", lasting(3650*day, 3000*day)).Issue(t, lasting(90*day, 80*day), "127.0.0.1")
	addr := serveTLS(t, cert, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("it got a request: %v", r.Header) })
	wantDown(t, dependency.Spec{
		Now:    func() time.Time { return today },
		Target: &dependency.HTTP{URL: "https://" + addr, Bearer: secret.New("hunter2")},
	}, "unknown authority")
}

// Without a handshake dep_cert is unknown. Without TLS there is no dep_cert.
func TestWithoutACertificate(t *testing.T) {
	addr := servertest.Refusing(t)
	if o := wantDown(t, dependency.Spec{Target: &dependency.TLS{Addr: addr}}, "connect failed")["dep_cert:db"]; o.Level != messages.Unknown || o.Signal == "" {
		t.Errorf("got %+v, want unknown", o)
	}
	if o, ok := wantDown(t, dependency.Spec{Target: &dependency.HTTP{URL: "http://" + addr}}, "connect failed")["dep_cert:db"]; ok {
		t.Errorf("got %+v for a dependency without TLS", o)
	}
}

// However a TLS server fails, the check ends in time and names the step.
func TestHowATLSServerFails(t *testing.T) {
	for name, c := range map[string]struct{ addr, want string }{
		"nothing listens":       {servertest.Refusing(t), "connect failed: connection refused"},
		"packets are swallowed": {servertest.BlackHole(t), "connect failed: no answer within 600ms"},
		"a reset at once":       {servertest.Listen(t, servertest.Reset("")), "failed: the connection was closed by the other side"},
		"records without end":   {servertest.Listen(t, servertest.Endless("", "\x16\x03\x03\x00\x04\x00\x00\x00\x00")), "TLS failed: tls: "},
		"it says nothing":       {servertest.Listen(t, servertest.Swallow), "TLS failed: no answer within 600ms"},
		"a reset":               {servertest.Listen(t, servertest.Reset("\x16\x03")), "TLS failed: the connection was closed by the other side"},
		"a slow handshake":      {servertest.Listen(t, servertest.Drip("\x16\x03\x03\x40\x00", patience/10)), "TLS failed: no answer within 600ms"},
		"it speaks no TLS":      {servertest.Listen(t, servertest.Say("220 mail ESMTP\r\n")), "TLS failed: it does not speak TLS there"},
		"an old version":        {oldTLS(t), "TLS failed: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of them wait
			wantDown(t, dependency.Spec{Target: &dependency.TLS{Addr: c.addr}}, c.want)
		})
	}
}

// oldTLS starts a server that speaks only obsolete versions of TLS, and returns its address.
func oldTLS(t *testing.T) string {
	cert := servertest.NewAuthority(t, "root", lasting(3650*day, 3000*day)).Issue(t, lasting(90*day, 80*day), "127.0.0.1")
	return servertest.Listen(t, func(c net.Conn) {
		server := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
		_ = server.HandshakeContext(t.Context()) // fails on purpose
	})
}
