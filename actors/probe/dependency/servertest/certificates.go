package servertest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Authority signs certificates.
type Authority struct {
	cert  *x509.Certificate
	key   *ecdsa.PrivateKey
	above [][]byte // the chain up to the root, without the root; empty for a root
}

// Validity is when a certificate is valid.
type Validity struct{ From, To time.Time }

// Left returns the validity of a certificate with the lifetime whole, of which left remains at now.
func Left(now time.Time, whole, left time.Duration) Validity {
	return Validity{From: now.Add(left - whole), To: now.Add(left)}
}

// NewAuthority creates a root authority.
func NewAuthority(t testing.TB, name string, v Validity) *Authority {
	t.Helper()
	template := authorityTemplate(name, v)
	key := newKey(t)
	return &Authority{cert: sign(t, template, template, key, key), key: key}
}

// Intermediate creates an authority that a has signed.
func (a *Authority) Intermediate(t testing.TB, name string, v Validity) *Authority {
	t.Helper()
	key := newKey(t)
	cert := sign(t, authorityTemplate(name, v), a.cert, key, a.key)
	return &Authority{cert: cert, key: key, above: append([][]byte{cert.Raw}, a.above...)}
}

// Issue creates a server certificate for names and addresses, with its chain up to the root.
func (a *Authority) Issue(t testing.TB, v Validity, names ...string) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: serial(t),
		Subject:      pkix.Name{CommonName: names[0]},
		NotBefore:    v.From, NotAfter: v.To,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	key := newKey(t)
	cert := sign(t, template, a.cert, key, a.key)
	return tls.Certificate{Certificate: append([][]byte{cert.Raw}, a.above...), PrivateKey: key, Leaf: cert}
}

// File writes the authority's certificate in PEM form and returns the path.
func (a *Authority) File(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ca.pem")
	write(t, path, pemOf("CERTIFICATE", a.cert.Raw))
	return path
}

// writePair writes a certificate with its chain, and its key, into dir and returns both paths.
func writePair(t testing.TB, dir string, c tls.Certificate) (cert, key string) {
	t.Helper()
	cert, key = filepath.Join(dir, "server.crt"), filepath.Join(dir, "server.key")
	var chain []byte
	for _, raw := range c.Certificate {
		chain = append(chain, pemOf("CERTIFICATE", raw)...)
	}
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	write(t, cert, chain)
	write(t, key, pemOf("PRIVATE KEY", der))
	return cert, key
}

func authorityTemplate(name string, v Validity) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    v.From, NotAfter: v.To,
		KeyUsage: x509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: true,
	}
}

func sign(t testing.TB, template, parent *x509.Certificate, key, parentKey *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, parentKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func serial(t testing.TB) *big.Int {
	t.Helper()
	n, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func pemOf(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func write(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
