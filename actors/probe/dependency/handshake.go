package dependency

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"
)

// verification says how a chain of certificates is judged.
type verification struct {
	roots   *x509.CertPool // nil: the system's
	name    string         // that the certificate must be for
	anyName bool
	skip    bool
}

// verification reads the trusted authorities; host is the one that will be dialled.
func (t Trust) verification(host string) (verification, error) {
	v := verification{name: t.ServerName, skip: t.InsecureSkipVerify}
	if v.name == "" {
		v.name = host
	}
	if t.CAFile == "" {
		return v, nil
	}
	pem, err := os.ReadFile(t.CAFile)
	if err != nil {
		return v, fmt.Errorf("its ca_file: %w", err)
	}
	v.roots = x509.NewCertPool()
	if !v.roots.AppendCertsFromPEM(pem) {
		return v, fmt.Errorf("its ca_file %s holds no certificate in PEM form", t.CAFile)
	}
	return v, nil
}

// handshake speaks TLS on a connection, as one step.
func (t *trial) handshake(ctx context.Context, conn net.Conn, v verification, protocols ...string) (*tls.Conn, error) {
	config := &tls.Config{ServerName: v.name, NextProtos: protocols}
	t.verifyBy(v, config)
	secured := tls.Client(conn, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, t.failed("TLS", err)
	}
	t.done("TLS")
	return secured, nil
}

// verifyBy makes the handshake use our own verification in place of crypto/tls's:
// it sees the certificate also where it is not to be trusted, and tells why it is not.
// VerifyConnection runs before anything of ours is sent, in every handshake.
func (t *trial) verifyBy(v verification, config *tls.Config) {
	config.InsecureSkipVerify = true // by crypto/tls; v decides
	config.VerifyPeerCertificate = nil
	config.VerifyConnection = func(state tls.ConnectionState) error {
		chain, err := v.verify(state.PeerCertificates, t.now())
		t.saw(chain)
		return err
	}
}

// verify judges what a peer presented. It gives the certificates whose lifetimes
// count: those of the trusted chain, or what was presented where there is none.
func (v verification) verify(presented []*x509.Certificate, now time.Time) ([]*x509.Certificate, error) {
	if v.skip {
		return withoutRoots(presented), nil
	}
	var problems []string
	if err := presented[0].VerifyHostname(v.name); err != nil && !v.anyName {
		problems = append(problems, fmt.Sprintf("the certificate is for %s, not for %q", namesOf(presented[0]), v.name))
	}
	chains, err := v.chains(presented, now)
	if err != nil {
		problems = append(problems, v.distrust(presented, now, err)...)
	}
	counting := presented
	if len(chains) > 0 {
		counting = longestLasting(chains, now)
	}
	if len(problems) > 0 {
		return withoutRoots(counting), errors.New(strings.Join(problems, "; "))
	}
	return withoutRoots(counting), nil
}

func (v verification) chains(presented []*x509.Certificate, at time.Time) ([][]*x509.Certificate, error) {
	options := x509.VerifyOptions{Roots: v.roots, Intermediates: x509.NewCertPool(), CurrentTime: at}
	for _, c := range presented[1:] {
		options.Intermediates.AddCert(c)
	}
	return presented[0].Verify(options)
}

// distrust says why there is no trusted chain. An expired certificate hides what else
// is wrong, so the chain is judged once more at a time when it was valid.
func (v verification) distrust(presented []*x509.Certificate, now time.Time, err error) []string {
	var problems []string
	valid := now
	for _, c := range presented {
		switch {
		case now.After(c.NotAfter):
			problems = append(problems, fmt.Sprintf("the certificate of %s expired on %s", subject(c), date(c.NotAfter)))
		case now.Before(c.NotBefore):
			problems = append(problems, fmt.Sprintf("the certificate of %s is not valid before %s", subject(c), date(c.NotBefore)))
		}
		if c.NotAfter.Before(valid) {
			valid = c.NotAfter
		}
	}
	if len(problems) > 0 {
		_, err = v.chains(presented, valid)
	}
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.As(err, &unknown):
		problems = append(problems, fmt.Sprintf("the certificate was signed by an unknown authority (issuer %q): trust it with ca_file", bounded(presented[0].Issuer.CommonName, maxName)))
	case err != nil && len(problems) == 0:
		problems = append(problems, "the certificate is not trusted: "+err.Error())
	}
	return problems
}

// maxName bounds a name out of a certificate, in bytes.
const maxName = 64

// subject names a certificate for people.
func subject(c *x509.Certificate) string {
	if len(c.DNSNames) > 0 {
		return fmt.Sprintf("%q", bounded(c.DNSNames[0], maxName))
	}
	return fmt.Sprintf("%q", bounded(c.Subject.CommonName, maxName))
}

// namesOf lists what a certificate is for; many names are counted only.
func namesOf(c *x509.Certificate) string {
	names := make([]string, 0, len(c.DNSNames)+len(c.IPAddresses))
	for _, name := range c.DNSNames {
		names = append(names, fmt.Sprintf("%q", bounded(name, maxName)))
	}
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	const most = 3
	if len(names) == 0 {
		return "no name"
	}
	if more := len(names) - most; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), more)
	}
	return strings.Join(names, ", ")
}
