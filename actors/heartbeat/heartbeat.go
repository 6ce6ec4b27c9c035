// Package heartbeat is the dead-man switch: as long as we are well it pings a service
// that raises the alarm when the pings cease. It may import messages, actors/peer and zap.
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
	"orchestrator-watchdog/messages/secret"
)

// pingTimeout bounds one ping, dial to the answer's header.
const pingTimeout = 10 * time.Second

// maxReason bounds what is shown of an error, in bytes.
const maxReason = 300

var errForm = errors.New("WATCHDOG_HEARTBEAT_URL is not of the form https://host/id")

// Options are the parameters of an Actor.
type Options struct {
	URL       secret.Text       // a reader of it can ping in our place
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
	cleaner *secret.Cleaner
	well    secret.Text
	unwell  secret.Text // with /fail: the convention of healthchecks.io
	next    time.Time
	ill     bool // as it was when we last pinged
	failing bool // the last ping did not arrive
}

// New returns an Actor. The error does not quote the URL.
func New(o Options) (*Actor, error) {
	u, err := url.Parse(o.URL.Reveal())
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errForm // url's error quotes the address
	}
	if o.Transport == nil {
		o.Transport = peer.NewTransport(peer.TransportOptions{Proxy: peer.EnvironmentProxy})
	}
	client := &http.Client{
		Transport: o.Transport,
		// The URL goes nowhere but to the configured server.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &Actor{
		Options: o, client: client, well: o.URL, unwell: secret.New(u.JoinPath("fail").String()),
		cleaner: peer.CleanerOf(u, nil, append(strings.Split(u.Path, "/"), u.Path)...),
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
	trace := &peer.Trace{Timeout: pingTimeout}
	req, err := http.NewRequestWithContext(peer.Traced(ctx, trace), http.MethodGet, target.Reveal(), nil)
	if err != nil {
		return errForm
	}
	req.Header.Set("User-Agent", peer.UserAgent)
	resp, err := a.client.Do(req) //nolint:bodyclose // the answer closes it
	if err != nil {
		reason := a.cleaner.Clean(trace.Words(err).Error())
		return fmt.Errorf("the heartbeat's service can't be reached: %s", peer.Line(reason, maxReason))
	}
	answer := peer.AnswerOf(resp, a.cleaner)
	defer answer.Close()
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("the heartbeat's service says %s: check WATCHDOG_HEARTBEAT_URL (redirects are not followed)", answer.Refusal())
	}
	return nil
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
