package container

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"

	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/messages"
)

// A TLS endpoint needs the authority that signed its certificate and, if it requires one, our client
// certificate.
func TestATLSEndpoint(t *testing.T) {
	e := newFakeEngine(1)
	server := httptest.NewUnstartedServer(e)
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS12, ClientAuth: tls.RequireAnyClientCert}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	folder := t.TempDir()
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	pair := server.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, keyFile := write("cert.pem", "CERTIFICATE", pair.Certificate[0]), write("key.pem", "PRIVATE KEY", key)
	address := server.Listener.Addr().String()
	for name, c := range map[string]struct {
		endpoint Endpoint
		want     messages.Level
		text     string
	}{
		"everything is set":           {Endpoint{Host: "https://" + address, TLS: peer.TLS{CAFile: cert, CertFile: cert, KeyFile: keyFile}}, messages.OK, "answers"},
		"tcp with files is TLS":       {Endpoint{Host: "tcp://" + address, TLS: peer.TLS{CAFile: cert, CertFile: cert, KeyFile: keyFile}}, messages.OK, "answers"},
		"an unknown authority":        {Endpoint{Host: "https://" + address, TLS: peer.TLS{CAFile: "", CertFile: cert, KeyFile: keyFile}}, messages.Critical, "certificate signed by unknown authority"},
		"without our own certificate": {Endpoint{Host: "https://" + address, TLS: peer.TLS{CAFile: cert, CertFile: "", KeyFile: ""}}, messages.Critical, "certificate required"},
		"the right server_name":       {Endpoint{Host: "https://" + address, TLS: peer.TLS{CAFile: cert, CertFile: cert, KeyFile: keyFile, ServerName: "example.com"}}, messages.OK, "answers"},
		"a wrong server_name":         {Endpoint{Host: "https://" + address, TLS: peer.TLS{CAFile: cert, CertFile: cert, KeyFile: keyFile, ServerName: "docker.test"}}, messages.Critical, "docker.test"},
		"without verification":        {Endpoint{Host: "https://" + address, TLS: peer.TLS{CertFile: cert, KeyFile: keyFile, InsecureSkipVerify: true}}, messages.OK, "answers"},
		"without TLS":                 {Endpoint{Host: "tcp://" + address, TLS: peer.TLS{CAFile: "", CertFile: "", KeyFile: ""}}, messages.Critical, "HTTP request to an HTTPS server"},
	} {
		t.Run(name, func(t *testing.T) {
			p := probeOf(t, e, func(o *Options) { o.Endpoint = c.endpoint })
			got, _ := p.read(0)
			if o := got["docker_down"]; o.Level != c.want || !strings.Contains(o.Detail, c.text) {
				t.Errorf("got %+v, want %q", o, c.text)
			}
		})
	}
}

// New refuses a wrong endpoint, and says what to fix.
func TestAWrongEndpointIsRefused(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for text, endpoint := range map[string]Endpoint{
		"neither unix:///path":             {Host: "npipe:////./pipe/docker_engine"},
		"no certificate in":                {Host: "https://docker:2376", TLS: peer.TLS{CAFile: empty}},
		"docker.ca_file: there is no file": {Host: "https://docker:2376", TLS: peer.TLS{CAFile: empty + ".none"}},
		"docker.cert_file needs key_file":  {Host: "tcp://docker:2376", TLS: peer.TLS{CertFile: empty}},
	} {
		if _, err := New(Options{Settings: Settings{Endpoint: endpoint}, Now: time.Now}); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%+v: %v, want %q", endpoint, err, text)
		}
	}
}
