package dependency

import (
	"cmp"
	"crypto/x509"
	"fmt"
	"math"
	"slices"
	"time"
)

// lifetime is the part of a certificate that its age is judged by.
type lifetime struct {
	subject         string
	notBefore, ends time.Time
}

// share is the part of the lifetime that is left: 1 at its start, 0 and less when expired.
func (l *lifetime) share(now time.Time) float64 {
	whole := l.ends.Sub(l.notBefore)
	if whole <= 0 {
		return 0
	}
	return float64(l.ends.Sub(now)) / float64(whole)
}

// describe says when it ends and what share is left.
func (l *lifetime) describe(now time.Time) string {
	if now.After(l.ends) {
		return fmt.Sprintf("the certificate of %s expired on %s", l.subject, date(l.ends))
	}
	return fmt.Sprintf("the certificate of %s ends on %s, with %.0f %% of its %s left",
		l.subject, date(l.ends), math.Floor(100*l.share(now)), span(l.ends.Sub(l.notBefore)))
}

// saw remembers the certificate that has the smallest share of its life left.
func (t *trial) saw(chain []*x509.Certificate) {
	now := t.now()
	if l := shortest(chain, now); t.shortest == nil || l.share(now) < t.shortest.share(now) {
		t.shortest = l
	}
}

// shortest is the lifetime of which the smallest share is left in a chain.
func shortest(chain []*x509.Certificate, now time.Time) *lifetime {
	var least *lifetime
	for _, c := range chain {
		l := &lifetime{subject: subject(c), notBefore: c.NotBefore, ends: c.NotAfter}
		if least == nil || l.share(now) < least.share(now) {
			least = l
		}
	}
	return least
}

// withoutRoots leaves out authorities that vouch for themselves: they last for
// decades, and whoever runs the dependency cannot renew them. A peer's own
// certificate counts even if it vouches for itself.
func withoutRoots(chain []*x509.Certificate) []*x509.Certificate {
	kept := []*x509.Certificate{chain[0]}
	for _, c := range chain[1:] {
		if string(c.RawIssuer) != string(c.RawSubject) {
			kept = append(kept, c)
		}
	}
	return kept
}

// longestLasting chooses of several trusted chains the one that ends last: as long as
// one holds, clients are well, whatever else the peer presents.
func longestLasting(chains [][]*x509.Certificate, now time.Time) []*x509.Certificate {
	return slices.MaxFunc(chains, func(a, b []*x509.Certificate) int {
		return cmp.Compare(shortest(withoutRoots(a), now).share(now), shortest(withoutRoots(b), now).share(now))
	})
}

func date(at time.Time) string { return at.UTC().Format("2006-01-02 15:04 UTC") }

// span shows a lifetime: in days from two days on.
func span(d time.Duration) string {
	if days := d / (24 * time.Hour); days >= 2 {
		return fmt.Sprintf("%d days", days)
	}
	return d.Round(time.Minute).String()
}
