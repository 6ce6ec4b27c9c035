package dependency

import (
	"fmt"
	"time"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/messages"
)

// The shares of a certificate's lifetime below which it is a warning and critical. They are
// relative, so that short-lived certificates do not alert all the time.
const (
	warnShare     = 1.0 / 5
	criticalShare = 1.0 / 10
)

// maxDetail bounds the part of a detail that comes from a peer, in bytes.
const maxDetail = 400

// reachable observes dep_down; the value is the duration of the check in seconds. A fault of our own
// host is no evidence about the dependency, so the level is then unknown.
func (p *Probe) reachable(t *trial, err error) messages.Observation {
	o := messages.Observation{Signal: p.down, Detail: "answers: " + t.String()}.WithValue(t.took().Seconds())
	if err != nil {
		o.Level, o.Detail = messages.Critical, fmt.Sprintf("%s (%s)", peer.Line(err.Error(), maxDetail), t)
	}
	if peer.IsLocal(err) {
		o.Level, o.Value, o.Valued = messages.Unknown, 0, false
	}
	return o
}

// slowness observes dep_slow. It is unknown while the dependency is down: a fast refusal is
// not a fast answer.
func (p *Probe) slowness(t *trial, err error) messages.Observation {
	o := messages.Observation{Signal: messages.NewKey("dep_slow", p.name())}.WithBound(p.slow.Seconds(), "> "+p.slow.String())
	if err != nil {
		o.Level, o.Expected, o.Detail = messages.Unknown, true, "it is down"
		return o
	}
	o = o.WithValue(t.took().Seconds())
	o.Detail = fmt.Sprintf("took %s: %s", shown(t.took()), t)
	if t.took() > p.slow {
		o.Level = messages.Warning
	}
	return o
}

// certificate observes dep_cert for the certificate with the smallest share of its lifetime
// left among those that the check saw. The value is that share in percent.
func (p *Probe) certificate(t *trial, err error) messages.Observation {
	o := messages.Observation{Signal: messages.NewKey("dep_cert", p.name())}.WithBound(100*warnShare, "< 20 % of its lifetime")
	if t.shortest == nil {
		o.Level, o.Expected, o.Detail = messages.Unknown, err != nil, "no certificate was seen"
		return o
	}
	now := t.now()
	share := t.shortest.share(now)
	o = o.WithValue(max(0, 100*share))
	o.Detail = t.cleaner.Clean(t.shortest.describe(now))
	switch {
	case share < criticalShare:
		o = o.WithBound(100*criticalShare, "< 10 % of its lifetime")
		o.Level = messages.Critical
	case share < warnShare:
		o.Level = messages.Warning
	}
	if o.Level != messages.OK {
		o.Detail += ": renew it"
	}
	return o
}

// shown rounds a duration for display.
func shown(d time.Duration) time.Duration {
	if d < 100*time.Millisecond {
		return d.Round(100 * time.Microsecond)
	}
	return d.Round(time.Millisecond)
}
