package peer_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/actors/probe/dependency/servertest"
)

// The error for TLS settings names the setting and the file, and says what to fix. It does not
// quote a key.
func TestErrorsOfTLSSettings(t *testing.T) {
	v := servertest.Left(time.Now(), 24*time.Hour, 12*time.Hour)
	root := servertest.NewAuthority(t, "root", v)
	ca := root.File(t)
	cert, key := root.IssueClient(t, v, "watchdog")
	_, otherKey := root.IssueClient(t, v, "other")
	encrypted := filepath.Join(t.TempDir(), "encrypted.pem")
	if err := os.WriteFile(encrypted, []byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\naHVudGVyMg==\n-----END ENCRYPTED PRIVATE KEY-----\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		tls  peer.TLS
		want string // in the error; empty: no error
	}{
		"nothing set":            {peer.TLS{}, ""},
		"all set":                {peer.TLS{CAFile: ca, CertFile: cert, KeyFile: key, ServerName: "bücher.example"}, ""},
		"no such authority":      {peer.TLS{CAFile: "/no/such.pem"}, "ca_file: there is no file /no/such.pem"},
		"an authority is a key":  {peer.TLS{CAFile: key}, "ca_file: " + key + " holds no certificate in PEM form"},
		"an empty authority":     {peer.TLS{CAFile: "/dev/null"}, "ca_file: /dev/null holds no certificate in PEM form"},
		"an authority w/o end":   {peer.TLS{CAFile: "/dev/zero"}, "ca_file: /dev/zero is larger than 1 MiB"},
		"a folder":               {peer.TLS{CAFile: filepath.Dir(ca)}, "is a directory"},
		"a certificate alone":    {peer.TLS{CertFile: cert}, "cert_file needs key_file"},
		"a key alone":            {peer.TLS{KeyFile: key}, "key_file needs cert_file"},
		"no such certificate":    {peer.TLS{CertFile: "/no/such.pem", KeyFile: key}, "cert_file: there is no file /no/such.pem"},
		"no such key":            {peer.TLS{CertFile: cert, KeyFile: "/no/such.pem"}, "key_file: there is no file /no/such.pem"},
		"another key":            {peer.TLS{CertFile: cert, KeyFile: otherKey}, "don't belong together: "},
		"the wrong way round":    {peer.TLS{CertFile: key, KeyFile: cert}, "cert_file: " + key + " holds no certificate in PEM form"},
		"a key with passphrase":  {peer.TLS{CertFile: cert, KeyFile: encrypted}, "has a passphrase: give a key without one"},
		"a name that is no name": {peer.TLS{ServerName: "b\u202eücher.example"}, "server_name: "},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := peer.LoadTLS(c.tls)
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want %q", err, c.want)
			case err != nil && strings.Contains(err.Error(), "aHVudGVyMg"):
				t.Errorf("the key shows in %v", err)
			}
		})
	}
}
