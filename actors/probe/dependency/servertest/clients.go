package servertest

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"testing"
)

// IssueClient creates a client certificate and returns the paths of its file and its key's file.
func (a *Authority) IssueClient(t testing.TB, v Validity, name string) (certFile, keyFile string) {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: serial(t),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    v.From, NotAfter: v.To,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	key := newKey(t)
	cert := sign(t, template, a.cert, key, a.key)
	return writePair(t, t.TempDir(), tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key})
}

// Pool returns a pool of this authority alone, for a server that verifies client certificates.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}
