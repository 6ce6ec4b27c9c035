package dependency

import (
	"crypto/x509"
	"fmt"
	"math"
	"time"

	"orchestrator-watchdog/actors/peer"
)

// lifetime is the validity of a certificate, and whose it is.
type lifetime struct {
	subject         string
	notBefore, ends time.Time
}

// share returns the fraction of the lifetime that is left: 1 at its start, 0 or less once expired.
func (l *lifetime) share(now time.Time) float64 {
	whole := l.ends.Sub(l.notBefore)
	if whole <= 0 {
		return 0
	}
	return float64(l.ends.Sub(now)) / float64(whole)
}

// describe says when the certificate expires and what share of its lifetime is left.
func (l *lifetime) describe(now time.Time) string {
	if now.After(l.ends) {
		return fmt.Sprintf("the certificate of %s expired on %s", l.subject, date(l.ends))
	}
	return fmt.Sprintf("the certificate of %s ends on %s, with %.0f %% of its %s left",
		l.subject, date(l.ends), math.Floor(100*l.share(now)), span(l.ends.Sub(l.notBefore)))
}

// gotChain keeps the certificate with the smallest share of its lifetime left.
func (t *trial) gotChain(chain []*x509.Certificate) {
	now := t.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range chain {
		l := &lifetime{subject: peer.Subject(c), notBefore: c.NotBefore, ends: c.NotAfter}
		if !t.over && (t.shortest == nil || l.share(now) < t.shortest.share(now)) {
			t.shortest = l
		}
	}
}

func date(at time.Time) string { return at.UTC().Format("2006-01-02 15:04 UTC") }

// span formats a lifetime, in days if it is at least two days.
func span(d time.Duration) string {
	if days := d / (24 * time.Hour); days >= 2 {
		return fmt.Sprintf("%d days", days)
	}
	return d.Round(time.Minute).String()
}
