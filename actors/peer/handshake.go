package peer

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"time"
)

// Handshake makes the TLS handshake on a connection to a host, as one step. The error has all
// reasons why the certificate is not trusted.
func Handshake(ctx context.Context, conn net.Conn, trust *Trust, host string, trace *Trace, protocols ...string) (*tls.Conn, error) {
	trace.begin("TLS")
	host, err := ASCII(host)
	if err != nil {
		return nil, AtStep("TLS", err)
	}
	config := trust.Config(host)
	config.NextProtos, config.Time = protocols, trace.now
	trace.Instrument(config)
	secured := tls.Client(conn, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, AtStep("TLS", trace.ExplainHandshake(err, config))
	}
	trace.end("TLS", "status")
	return secured, nil
}

// Instrument changes the configuration so that the trace sees its handshakes: the certificates, and
// whether a server asks for ours.
func (t *Trace) Instrument(config *tls.Config) {
	config.GetClientCertificate = t.recordingCertificate(config)
	config.VerifyConnection = func(state tls.ConnectionState) error {
		t.gotChain(longestChain(state, t.now()))
		return nil
	}
	if verify := config.VerifyPeerCertificate; verify != nil { // replaces the verification of crypto/tls, as for sslmode=verify-ca
		config.VerifyPeerCertificate = func(raw [][]byte, chains [][]*x509.Certificate) error {
			err := verify(raw, chains)
			if err == nil {
				return nil
			}
			presented := parsed(raw)
			t.gotChain(withoutRoots(presented))
			return explainDistrust(presented, err, config.RootCAs, "", t.now())
		}
	}
}

// recordingCertificate returns a GetClientCertificate that does the same as that of the
// configuration, and records in the trace that it was called.
func (t *Trace) recordingCertificate(config *tls.Config) func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	choose := config.GetClientCertificate
	return func(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
		ours := new(tls.Certificate)
		if len(config.Certificates) > 0 {
			ours = &config.Certificates[0]
		}
		var err error
		if choose != nil {
			ours, err = choose(info)
		}
		t.setClientCertificate(ours)
		return ours, err
	}
}

func parsed(raw [][]byte) []*x509.Certificate {
	var all []*x509.Certificate
	for _, one := range raw {
		if c, err := x509.ParseCertificate(one); err == nil { // crypto/tls has parsed them already
			all = append(all, c)
		}
	}
	return all
}

// longestChain returns the trusted chain that expires last, since clients can connect as long as one
// is valid. If nothing was verified, it returns the presented certificates.
func longestChain(state tls.ConnectionState, now time.Time) []*x509.Certificate {
	chosen, longest := state.PeerCertificates, -1.0
	for _, chain := range state.VerifiedChains {
		if left := lifetimeLeft(withoutRoots(chain), now); left > longest {
			chosen, longest = chain, left
		}
	}
	return withoutRoots(chosen)
}

// lifetimeLeft returns the smallest fraction of its lifetime that a certificate of a chain has left:
// 1 if all are new, 0 or less if one has expired.
func lifetimeLeft(chain []*x509.Certificate, now time.Time) float64 {
	least := 1.0
	for _, c := range chain {
		left := 0.0
		if whole := c.NotAfter.Sub(c.NotBefore); whole > 0 {
			left = float64(c.NotAfter.Sub(now)) / float64(whole)
		}
		least = min(least, left)
	}
	return least
}

// withoutRoots returns the chain without self-signed authorities, since the owner of the server can't
// renew them. The server's own certificate stays even if it is self-signed.
func withoutRoots(chain []*x509.Certificate) []*x509.Certificate {
	if len(chain) == 0 {
		return nil
	}
	kept := []*x509.Certificate{chain[0]}
	for _, c := range chain[1:] {
		if string(c.RawIssuer) != string(c.RawSubject) {
			kept = append(kept, c)
		}
	}
	return kept
}

// ExplainHandshake returns the error of a handshake in plain words. The trace also sees a certificate
// that is not trusted.
func (t *Trace) ExplainHandshake(err error, config *tls.Config) error {
	if untrusted, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		t.gotChain(withoutRoots(untrusted.UnverifiedCertificates))
		reasons := explainDistrust(untrusted.UnverifiedCertificates, untrusted.Err, config.RootCAs, config.ServerName, t.now())
		return &plainError{reasons.Error(), err}
	}
	return t.Explain(err)
}

// Explain returns an error of the exchange in plain words. In TLS 1.3 a server refuses a client
// certificate, or its absence, only after the handshake. So if the server asked for one, that is
// the reason of an exchange that the server ends.
func (t *Trace) Explain(err error) error {
	var (
		step  *StepError
		plain *plainError
	)
	ours := t.clientCertificate()
	if ours == nil || errors.As(err, &step) || errors.As(err, &plain) || isTimeout(err) || errors.Is(err, context.Canceled) {
		return Explain(err, t.timeout())
	}
	reason, refused := alertOf(err)
	switch {
	case !refused && !isClosed(err):
		return Explain(err, t.timeout())
	case !refused:
		reason = "it closed the connection"
	}
	return &plainError{refusal(ours, t.now()) + " (" + reason + ")", err}
}

// refusal returns why a server refuses our client certificate.
func refusal(ours *tls.Certificate, now time.Time) string {
	switch {
	case len(ours.Certificate) == 0:
		return "it asks for a client certificate: set cert_file and key_file"
	case ours.Leaf != nil && now.After(ours.Leaf.NotAfter):
		return fmt.Sprintf("it refuses our client certificate, which expired on %s: renew cert_file", date(ours.Leaf.NotAfter))
	}
	return "it refuses our client certificate: check cert_file and key_file"
}

// refusalWithin is how long AwaitRefusal waits for a server's refusal.
const refusalWithin = time.Second

// AwaitRefusal waits for the server's refusal of our client certificate, if it asked for one, since
// in TLS 1.3 that comes after the handshake. A server that sends nothing has accepted it. AwaitRefusal
// drops a byte of other data, so it is only for checks that read nothing else.
func AwaitRefusal(ctx context.Context, conn *tls.Conn, trace *Trace) error {
	if trace.clientCertificate() == nil || conn.ConnectionState().Version < tls.VersionTLS13 {
		return nil
	}
	trace.begin("TLS")
	ctx, cancel := context.WithTimeout(ctx, refusalWithin)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	_, err := conn.Read(make([]byte, 1))
	if err == nil || isTimeout(err) {
		return nil
	}
	return AtStep("TLS", trace.Explain(err))
}
