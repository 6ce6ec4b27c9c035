package peer

import (
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	maxName   = 64  // how many bytes of a name from a peer are shown
	maxReason = 200 // how many bytes of a reason from a peer are shown
)

// explainDistrust returns all reasons why crypto/tls refused the presented certificates; crypto/tls
// itself stops at the first. If host is empty, any name is right.
func explainDistrust(presented []*x509.Certificate, refused error, roots *x509.CertPool, host string, now time.Time) error {
	if len(presented) == 0 {
		return refused
	}
	var problems []string
	if err := presented[0].VerifyHostname(host); err != nil && host != "" {
		problems = append(problems, fmt.Sprintf("the certificate is for %s, not for %q", namesOf(presented[0]), Line(host, maxName)))
	}
	problems = append(problems, chainProblems(presented, roots, now)...)
	if len(problems) == 0 {
		return fmt.Errorf("the certificate is not trusted: %s", Line(refused.Error(), maxReason))
	}
	return errors.New(strings.Join(problems, "; "))
}

// chainProblems returns why there is no trusted chain. An expired certificate hides other problems, so
// the chain is also verified for a time at which it was valid.
func chainProblems(presented []*x509.Certificate, roots *x509.CertPool, now time.Time) []string {
	err := chain(presented, roots, now)
	if err == nil {
		return nil
	}
	var problems []string
	valid := now
	for _, c := range presented {
		switch {
		case now.After(c.NotAfter):
			problems = append(problems, fmt.Sprintf("the certificate of %s expired on %s", Subject(c), date(c.NotAfter)))
		case now.Before(c.NotBefore):
			problems = append(problems, fmt.Sprintf("the certificate of %s is not valid before %s", Subject(c), date(c.NotBefore)))
		}
		if c.NotAfter.Before(valid) {
			valid = c.NotAfter
		}
	}
	if len(problems) > 0 {
		err = chain(presented, roots, valid)
	}
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.As(err, &unknown):
		remedy := "trust it with ca_file"
		if roots != nil {
			remedy = "it is not in ca_file"
		}
		problems = append(problems, fmt.Sprintf("the certificate was signed by an unknown authority (issuer %q): %s", Line(presented[0].Issuer.CommonName, maxName), remedy))
	case err != nil && len(problems) == 0:
		problems = append(problems, "the certificate is not trusted: "+Line(err.Error(), maxReason))
	}
	return problems
}

func chain(presented []*x509.Certificate, roots *x509.CertPool, at time.Time) error {
	options := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool(), CurrentTime: at}
	for _, c := range presented[1:] {
		options.Intermediates.AddCert(c)
	}
	_, err := presented[0].Verify(options)
	return err
}

// Subject returns the name of a certificate for people.
func Subject(c *x509.Certificate) string {
	if len(c.DNSNames) > 0 {
		return fmt.Sprintf("%q", Line(c.DNSNames[0], maxName))
	}
	return fmt.Sprintf("%q", Line(c.Subject.CommonName, maxName))
}

// namesOf returns the names of a certificate for people: the first three, and how many more.
func namesOf(c *x509.Certificate) string {
	const most = 3
	var names []string
	for _, name := range c.DNSNames[:min(most, len(c.DNSNames))] {
		names = append(names, fmt.Sprintf("%q", Line(name, maxName)))
	}
	for _, ip := range c.IPAddresses[:min(most-len(names), len(c.IPAddresses))] {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return "no name"
	}
	if more := len(c.DNSNames) + len(c.IPAddresses) - len(names); more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names, ", "), more)
	}
	return strings.Join(names, ", ")
}

func date(at time.Time) string { return at.UTC().Format("2006-01-02 15:04 UTC") }
