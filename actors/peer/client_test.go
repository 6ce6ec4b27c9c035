package peer_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/actors/probe/dependency/servertest"
	"orchestrator-watchdog/messages/secret"
)

const ample = 30 * time.Second

func serve(t testing.TB, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// get requests a target once and reads its answer up to a limit.
func get(t *testing.T, target peer.Target, limit int64) (a *peer.Answer, body []byte, whole bool, err error) {
	t.Helper()
	client, err := peer.NewClient(target)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), ample)
	defer cancel()
	a, err = client.Get(ctx, &peer.Trace{Timeout: ample})
	if err != nil {
		return nil, nil, false, err
	}
	defer a.Close()
	body, whole, err = a.Read(limit)
	return a, body, whole, err
}

func packed(name, text string) []byte {
	var b bytes.Buffer
	var w io.WriteCloser
	switch name {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "zlib":
		w = zlib.NewWriter(&b)
	case "flate":
		w, _ = flate.NewWriter(&b, 9)
	}
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.Bytes()
}

// A body is decoded by its Content-Encoding, whether or not that was requested. A wrong or unknown
// encoding is an error.
func TestContentEncodings(t *testing.T) {
	const health = `{"status":"pass"}`
	gzipped := packed("gzip", health)
	for name, c := range map[string]struct {
		encoding string
		body     []byte
		want     string // the body, or what the error holds
		fails    bool
	}{
		"plain":               {"", []byte(health), health, false},
		"identity":            {"identity", []byte(health), health, false},
		"gzip":                {"gzip", gzipped, health, false},
		"x-gzip, upper case":  {"X-GZIP", gzipped, health, false},
		"deflate by zlib":     {"deflate", packed("zlib", health), health, false},
		"deflate without":     {"deflate", packed("flate", health), health, false},
		"twice":               {"gzip, gzip", packed("gzip", string(gzipped)), health, false},
		"two parts":           {"gzip", append(bytes.Clone(gzipped), gzipped...), health + health, false},
		"empty":               {"gzip", nil, "", false},
		"a byte order mark":   {"", []byte("\ufeff" + health), health, false},
		"a mark, gzip":        {"gzip", packed("gzip", "\ufeff"+health), health, false},
		"brotli":              {"br", []byte("x"), `body failed: its answer is encoded as "br", which was not requested`, true},
		"no gzip":             {"gzip", []byte(health), "body failed: its body is not encoded as its Content-Encoding says", true},
		"a wrong checksum":    {"gzip", append(bytes.Clone(gzipped[:len(gzipped)-8]), make([]byte, 8)...), "not encoded as its Content-Encoding says", true},
		"half a gzip":         {"gzip", gzipped[:len(gzipped)-4], "body failed: the connection was closed by the other side", true},
		"many times over":     {strings.Repeat("gzip,", 100), gzipped, "encoded 100 times", true},
		"a name of the token": {"hunter2-and-more", gzipped, `encoded as "***"`, true},
	} {
		t.Run(name, func(t *testing.T) {
			url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if c.encoding != "" {
					w.Header().Set("Content-Encoding", c.encoding)
				}
				_, _ = w.Write(c.body)
			})
			_, body, _, err := get(t, peer.Target{URL: url, Bearer: secret.New("hunter2-and-more")}, 1<<20)
			switch {
			case c.fails && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want %q", err, c.want)
			case !c.fails && (err != nil || string(body) != c.want):
				t.Errorf("got %q, %v; want %q", body, err, c.want)
			}
		})
	}
}

// The limit counts decoded bytes, so a compression bomb is not decoded in full.
func TestABodyIsBounded(t *testing.T) {
	bomb := packed("gzip", strings.Repeat("\x00", 50<<20))
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb)
	})
	_, body, whole, err := get(t, peer.Target{URL: url}, 1000)
	if err != nil || whole || len(body) != 1000 {
		t.Errorf("got %d bytes, whole %t, %v; want the first 1000", len(body), whole, err)
	}
	exact := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1000)) })
	if _, body, whole, err := get(t, peer.Target{URL: exact}, 1000); err != nil || !whole || len(body) != 1000 {
		t.Errorf("got %d bytes, whole %t, %v; want all 1000", len(body), whole, err)
	}
}

// Reading an endless body that decodes to nothing ends.
func TestAnEndlessEmptyEncodingEnds(t *testing.T) {
	empty := packed("gzip", "")
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		for block := bytes.Repeat(empty, 1000); ; {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	})
	_, _, whole, err := get(t, peer.Target{URL: url}, 1<<20)
	if err != nil || whole {
		t.Errorf("got whole %t, %v; want an answer longer than the limit", whole, err)
	}
}

// HTTP/2 is used if the server offers it, with or without HTTP/1.1.
func TestHTTP2(t *testing.T) {
	v := servertest.Left(time.Now(), 24*time.Hour, 12*time.Hour)
	root := servertest.NewAuthority(t, "root", v)
	for _, offered := range [][]string{{"h2"}, {"h2", "http/1.1"}, {"http/1.1"}, nil} {
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, r.Proto, " ", r.Header.Get("Authorization"))
		}))
		s.TLS = &tls.Config{Certificates: []tls.Certificate{root.Issue(t, v, "127.0.0.1")}, NextProtos: offered}
		s.EnableHTTP2 = len(offered) > 0 && offered[0] == "h2"
		s.StartTLS()
		t.Cleanup(s.Close)
		trust, err := peer.LoadTLS(peer.TLS{CAFile: root.File(t)})
		if err != nil {
			t.Fatal(err)
		}
		want := "HTTP/1.1 Bearer hunter2"
		if s.EnableHTTP2 {
			want = "HTTP/2.0 Bearer hunter2"
		}
		if _, body, _, err := get(t, peer.Target{URL: s.URL, Trust: trust, Bearer: secret.New("hunter2")}, 1<<10); err != nil || string(body) != want {
			t.Errorf("offered %v: got %q, %v; want %q", offered, body, err, want)
		}
	}
}

// The result for a missing, wrong, expired and right client certificate is the same in TLS 1.2 and
// 1.3, and for HTTP and a bare handshake.
func TestAClientCertificateIsAskedFor(t *testing.T) {
	now := time.Now()
	v := servertest.Left(now, 24*time.Hour, 12*time.Hour)
	root, stranger := servertest.NewAuthority(t, "root", v), servertest.NewAuthority(t, "stranger", v)
	ca := root.File(t)
	files := func(a *servertest.Authority, v servertest.Validity) peer.TLS {
		cert, key := a.IssueClient(t, v, "watchdog")
		return peer.TLS{CAFile: ca, CertFile: cert, KeyFile: key}
	}
	for name, c := range map[string]struct {
		auth tls.ClientAuthType
		tls  peer.TLS
		want string // in both errors; empty: no error
	}{
		"none":                  {tls.RequireAndVerifyClientCert, peer.TLS{CAFile: ca}, "it asks for a client certificate: set cert_file and key_file ("},
		"none, and none needed": {tls.VerifyClientCertIfGiven, peer.TLS{CAFile: ca}, ""},
		"of a stranger":         {tls.RequireAndVerifyClientCert, files(stranger, v), "it refuses our client certificate: check cert_file and key_file ("},
		"expired":               {tls.RequireAndVerifyClientCert, files(root, servertest.Left(now, 24*time.Hour, -time.Hour)), "it refuses our client certificate, which expired on "},
		"the right one":         {tls.RequireAndVerifyClientCert, files(root, v), ""},
	} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			t.Run(name+" by "+tls.VersionName(version), func(t *testing.T) {
				t.Parallel()
				s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
				s.Config.ErrorLog = log.New(io.Discard, "", 0)
				s.TLS = &tls.Config{
					Certificates: []tls.Certificate{root.Issue(t, v, "127.0.0.1")}, MinVersion: version, MaxVersion: version,
					ClientAuth: c.auth, ClientCAs: root.Pool(),
				}
				s.StartTLS()
				t.Cleanup(s.Close)
				trust, err := peer.LoadTLS(c.tls)
				if err != nil {
					t.Fatal(err)
				}
				_, _, _, byHTTP := get(t, peer.Target{URL: s.URL, Trust: trust}, 1<<10)
				byTLS := handshake(t, s.Listener.Addr().String(), trust)
				for _, err := range []error{byHTTP, byTLS} {
					if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
						t.Errorf("got %v, want %q", err, c.want)
					}
				}
			})
		}
	}
}

// handshake connects and makes only the TLS handshake.
func handshake(t *testing.T, addr string, trust *peer.Trust) error {
	ctx, cancel := context.WithTimeout(t.Context(), ample)
	defer cancel()
	trace := &peer.Trace{}
	conn, err := peer.Dial(ctx, addr, trace)
	if err != nil {
		return err
	}
	defer conn.Close()
	secured, err := peer.Handshake(ctx, conn, trust, "127.0.0.1", trace)
	if err != nil {
		return err
	}
	return peer.AwaitRefusal(ctx, secured, trace)
}

// International names work in a URL, an address and a certificate.
func TestInternationalNames(t *testing.T) {
	const name, ascii = "bücher.example", "xn--bcher-kva.example"
	resolveBy(t, servertest.Records{ascii + ".": {&dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}}})
	v := servertest.Left(time.Now(), 24*time.Hour, 12*time.Hour)
	root := servertest.NewAuthority(t, "root", v)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Host) }))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{root.Issue(t, v, ascii)}}
	s.StartTLS()
	t.Cleanup(s.Close)
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	trust, err := peer.LoadTLS(peer.TLS{CAFile: root.File(t)})
	if err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{"https://" + name + ":" + port, "https://b%C3%BCcher.example:" + port, "https://" + ascii + ":" + port, "https://BÜCHER.example:" + port} {
		if _, body, _, err := get(t, peer.Target{URL: url, Trust: trust}, 1<<10); err != nil || string(body) != ascii+":"+port {
			t.Errorf("%s: got %q, %v", url, body, err)
		}
	}
	conn, err := peer.Dial(t.Context(), name+":"+port, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := peer.Handshake(t.Context(), conn, trust, name, nil); err != nil {
		t.Error(err)
	}
}

// resolveBy makes the default resolver use the records.
func resolveBy(t *testing.T, records servertest.Records) {
	server := servertest.DNS(t, records)
	former := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, server)
	}}
	t.Cleanup(func() { net.DefaultResolver = former })
}

// The error for a name that does not resolve has the name, and a hint if it may be a container's.
func TestANameThatDoesNotResolve(t *testing.T) {
	resolveBy(t, servertest.Records{})
	for name, want := range map[string]string{
		"redis":            `its name "redis" does not resolve (does its container run?)`,
		"db.example.org":   `its name "db.example.org" does not resolve: there is no such host`,
		"b\u202eücher.org": "is not a host name",
	} {
		if _, err := peer.Dial(t.Context(), name+":1", nil); err == nil || !strings.Contains(err.Error(), "resolve failed: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
