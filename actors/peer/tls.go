package peer

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"orchestrator-watchdog/config/field"
)

// TLS holds the TLS settings of a server.
type TLS = field.TLS

// Trust is a TLS with the content of its files. The nil Trust is that of the zero TLS.
type Trust struct {
	name   string
	roots  *x509.CertPool // nil: the system's
	client *tls.Certificate
	skip   bool
}

// LoadTLS reads the files of TLS settings. The error names the setting and the file, and says what
// to fix.
func LoadTLS(t TLS) (*Trust, error) {
	name, err := ASCII(t.ServerName)
	if err != nil {
		return nil, fmt.Errorf("server_name: %w", err)
	}
	trust := &Trust{name: name, skip: t.InsecureSkipVerify}
	if t.CAFile != "" {
		if trust.roots, err = authorities(t.CAFile); err != nil {
			return nil, fmt.Errorf("ca_file: %w", err)
		}
	}
	switch {
	case t.CertFile == "" && t.KeyFile == "":
		return trust, nil
	case t.KeyFile == "":
		return nil, errors.New("cert_file needs key_file: set the file of its private key")
	case t.CertFile == "":
		return nil, errors.New("key_file needs cert_file: set the file of the certificate that it belongs to")
	}
	trust.client, err = clientCertificate(t.CertFile, t.KeyFile)
	return trust, err
}

func authorities(path string) (*x509.CertPool, error) {
	text, err := readFile(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)", path)
	}
	return pool, nil
}

func clientCertificate(certFile, keyFile string) (*tls.Certificate, error) {
	cert, err := readFile(certFile)
	if err != nil {
		return nil, fmt.Errorf("cert_file: %w", err)
	}
	if !bytes.Contains(cert, []byte("-----BEGIN CERTIFICATE-----")) {
		return nil, fmt.Errorf("cert_file: %s holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)", certFile)
	}
	key, err := readFile(keyFile)
	if err != nil {
		return nil, fmt.Errorf("key_file: %w", err)
	}
	if isEncrypted(key) {
		return nil, fmt.Errorf("key_file: the key in %s has a passphrase: give a key without one", keyFile)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil { // the error quotes nothing from the files
		return nil, fmt.Errorf("cert_file %s and key_file %s don't belong together: %w", certFile, keyFile, err)
	}
	return &pair, nil
}

// isEncrypted reports whether a key in PEM form needs a passphrase.
func isEncrypted(text []byte) bool {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "" {
			return true
		}
	}
	return false
}

// maxFile is the limit on a file, in bytes.
const maxFile = 1 << 20

// readFile reads a file that a setting names.
func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no file %s", path)
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("%s is larger than 1 MiB", path)
	}
	return text, nil
}

// Config returns the configuration of a client that makes the handshake with a host itself. If the
// host is empty, the client must set ServerName.
func (t *Trust) Config(host string) *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host}
	if t == nil {
		return config
	}
	if t.name != "" {
		config.ServerName = t.name
	}
	config.RootCAs, config.InsecureSkipVerify = t.roots, t.skip
	config.GetClientCertificate = t.certificate
	return config
}

// certificate returns our client certificate. It ignores which authorities the server accepts, since
// the server's refusal of a wrong certificate says more than its refusal of none.
func (t *Trust) certificate(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	if t == nil || t.client == nil {
		return new(tls.Certificate), nil
	}
	return t.client, nil
}

// forOtherHost returns the trust for a host that another one redirects to: without server_name and
// our certificate.
func (t *Trust) forOtherHost() *Trust {
	if t == nil {
		return nil
	}
	return &Trust{roots: t.roots, skip: t.skip}
}
