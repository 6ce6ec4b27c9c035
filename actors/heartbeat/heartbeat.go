// Package heartbeat is the dead-man switch: as long as we are well it pings a service
// that raises the alarm when the pings cease. It may import messages and zap.
package heartbeat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/messages/secret"
)

// pingTimeout bounds one ping, dial to the answer's header.
const pingTimeout = 10 * time.Second

var errForm = errors.New("WATCHDOG_HEARTBEAT_URL is not of the form https://host/id")

// Options are what an Actor is made of.
type Options struct {
	URL       secret.Text       // whoever knows it can ping in our place
	Healthy   func() []string   // why we are not well; none: we are
	Transport http.RoundTripper // nil: a real one, through the environment's proxy
	Log       *zap.Logger
	Now       func() time.Time
	Interval  time.Duration
}

// lookEvery is how often the actor looks whether we are still well: a watchdog that is
// not may be about to end, so that it is started anew, and would never say so.
const lookEvery = time.Second

// Actor pings once an interval, the first time at once, and at once when we are not well
// any more. Its fields outlive a crash, so that a restart neither pings early nor logs
// again what is known.
type Actor struct {
	Options
	client  *http.Client
	well    secret.Text
	unwell  secret.Text // with /fail: the convention of healthchecks.io
	next    time.Time
	ill     bool // as it was when we last pinged
	failing bool // the last ping did not arrive
}

// New makes the actor. The error does not quote the URL.
func New(o Options) (*Actor, error) {
	u, err := url.Parse(o.URL.Reveal())
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errForm // url's error quotes the address
	}
	if o.Transport == nil {
		o.Transport = &http.Transport{Proxy: environmentProxy, DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10}
	}
	client := &http.Client{
		Transport: o.Transport,
		// The URL goes nowhere but to the configured server.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &Actor{Options: o, client: client, well: o.URL, unwell: secret.New(u.JoinPath("fail").String())}, nil
}

// environmentProxy is http.ProxyFromEnvironment without the address, password and
// all, that its error quotes.
func environmentProxy(r *http.Request) (*url.URL, error) {
	proxy, err := http.ProxyFromEnvironment(r)
	if err != nil {
		return nil, errors.New("the proxy that HTTP_PROXY or HTTPS_PROXY names is no URL")
	}
	return proxy, nil
}

// String names the actor for its supervisor.
func (a *Actor) String() string { return "heartbeat" }

// Serve pings until the context ends.
func (a *Actor) Serve(ctx context.Context) error {
	if a.next.IsZero() {
		a.next = a.Now()
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		timer.Reset(min(lookEvery, a.next.Sub(a.Now())))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
			a.beat(ctx, a.Now())
		}
	}
}

func (a *Actor) beat(ctx context.Context, now time.Time) {
	late := now.Sub(a.next)
	if late >= 0 {
		// By whole intervals, and before the ping: a slow one does not shift the next, and
		// one that panics is not repeated at once.
		a.next = a.next.Add((late/a.Interval + 1) * a.Interval)
	}
	ill := len(a.Healthy()) > 0
	if late < 0 && (a.ill || !ill) {
		return
	}
	a.ill = ill
	target := a.well
	if ill {
		target = a.unwell
	}
	err := a.ping(ctx, target)
	if ctx.Err() != nil {
		return // a stop broke it off: that is no failure
	}
	a.note(err)
}

// ping asks once. The error holds no part of the URL but the host.
func (a *Actor) ping(ctx context.Context, target secret.Text) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.Reveal(), nil)
	if err != nil {
		return errForm
	}
	resp, err := a.client.Do(req)
	if err != nil {
		return withoutURL(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("the heartbeat's service says %d: check WATCHDOG_HEARTBEAT_URL (redirects are not followed)", resp.StatusCode)
	}
	return nil
}

func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return fmt.Errorf("the heartbeat's service can't be reached: %w", err)
}

// note logs a failure when it begins and when it is over, not once a minute.
func (a *Actor) note(err error) {
	switch {
	case err != nil && !a.failing:
		a.Log.Warn("heartbeat_failed", zap.String("error", err.Error()))
	case err == nil && a.failing:
		a.Log.Info("heartbeat_ok")
	}
	a.failing = err != nil
}
