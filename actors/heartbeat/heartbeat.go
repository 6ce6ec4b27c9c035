// Package heartbeat is the dead-man switch: while the watchdog is healthy, it pings a service
// that alerts people when the pings stop. It may import messages, config/field,
// actors/peer and zap.
package heartbeat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/config/field"
	"orchestrator-watchdog/messages/secret"
)

// pingTimeout is the limit on one ping, from dialing to the header of the answer.
const pingTimeout = 10 * time.Second

var errForm = errors.New("WATCHDOG_HEARTBEAT_URL is not of the form https://host/id")

// Settings are the settings of the heartbeat.
type Settings struct {
	URL secret.Text // secret, since anybody who knows it can ping in our place; empty: no pings
}

// Fields implements field.Declared.
func (s *Settings) Fields() []field.Field {
	return []field.Field{field.Of("heartbeat.url", &s.URL, field.SecretURL).Hidden().OrFile().By("WATCHDOG_HEARTBEAT_URL").With(field.About{Example: "https://hc-ping.com/your-uuid", Restart: true, Doc: "dead-man switch: GET once a minute while healthy, /fail appended when not"})}
}

// Options are the parameters of an Actor.
type Options struct {
	Settings
	Healthy   func() []string   // why the watchdog is unhealthy; none: it is healthy
	Transport http.RoundTripper // nil: the default, with the environment's proxy
	Log       *zap.Logger
	Now       func() time.Time
	Interval  time.Duration
}

// checkEvery is how often the actor checks the health. An unhealthy watchdog may exit soon to be
// restarted, so /fail must not wait for the next ping.
const checkEvery = time.Second

// Actor pings at the start, then every interval, and at once when the watchdog becomes
// unhealthy. Its fields survive a crash, so that a restart does not ping early or log a
// failure again.
type Actor struct {
	Options
	sender    *peer.Sender
	okURL     secret.Text
	failURL   secret.Text // with /fail: the convention of healthchecks.io
	next      time.Time
	unhealthy bool // at the last ping
	failing   bool // the last ping failed
}

// New returns an Actor. The error does not quote the URL.
func New(o Options) (*Actor, error) {
	u, err := url.Parse(o.URL.Reveal())
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errForm // the error of url.Parse quotes the URL
	}
	if o.Transport == nil {
		o.Transport = peer.NewTransport(peer.TransportOptions{Proxy: peer.EnvironmentProxy})
	}
	cleaner := peer.NewCleaner(u, nil, append(strings.Split(u.Path, "/"), u.Path)...)
	return &Actor{
		Options: o, sender: peer.NewSender(o.Transport, cleaner, pingTimeout), okURL: o.URL, failURL: secret.New(u.JoinPath("fail").String()),
	}, nil
}

// String returns the actor's name for its supervisor.
func (a *Actor) String() string { return "heartbeat" }

// Serve pings until the context ends.
func (a *Actor) Serve(ctx context.Context) error {
	if a.next.IsZero() {
		a.next = a.Now()
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		timer.Reset(min(checkEvery, a.next.Sub(a.Now())))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
			a.beat(ctx, a.Now())
		}
	}
}

// beat pings if a ping is due or the watchdog has become unhealthy.
func (a *Actor) beat(ctx context.Context, now time.Time) {
	late := now.Sub(a.next)
	if late >= 0 {
		// Advance by whole intervals and before the ping: a slow ping does not shift the next
		// ones, and one that panics is not repeated at once.
		a.next = a.next.Add((late/a.Interval + 1) * a.Interval)
	}
	unhealthy := len(a.Healthy()) > 0
	if late < 0 && (a.unhealthy || !unhealthy) {
		return
	}
	a.unhealthy = unhealthy
	target := a.okURL
	if unhealthy {
		target = a.failURL
	}
	err := a.ping(ctx, target)
	if ctx.Err() != nil {
		return // a ping that a stop interrupts did not fail
	}
	a.note(err)
}

// ping sends one request. Of the URL, the error holds only the host.
func (a *Actor) ping(ctx context.Context, target secret.Text) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.Reveal(), nil)
	if err != nil {
		return errForm
	}
	answer, err := a.sender.Send(req)
	if err != nil {
		return fmt.Errorf("the heartbeat service can't be reached: %w", err)
	}
	defer answer.Close()
	if answer.Status/100 != 2 {
		return fmt.Errorf("the heartbeat service answers %s: check WATCHDOG_HEARTBEAT_URL (redirects are not followed)", answer.Refusal())
	}
	return nil
}

// note logs when pings begin to fail and when they work again, not each failure.
func (a *Actor) note(err error) {
	switch {
	case err != nil && !a.failing:
		a.Log.Warn("heartbeat_failed", zap.String("error", err.Error()))
	case err == nil && a.failing:
		a.Log.Info("heartbeat_ok")
	}
	a.failing = err != nil
}
