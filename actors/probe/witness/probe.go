package witness

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/messages"
)

const signal messages.Key = "watchdog_offline"

// Options are the configuration of a Probe.
type Options struct {
	Settings
	Timeout time.Duration // for all witnesses together
}

// Probe asks the witnesses.
type Probe struct {
	urls      []*url.URL
	share     time.Duration // of the timeout, for one witness
	first     int           // index of the witness that answered last; it is asked first
	transport http.RoundTripper
}

// New creates the probe. Its error says which URL to fix, without quoting it.
func New(o Options) (*Probe, error) {
	if len(o.URLs) == 0 || o.Timeout <= 0 {
		return nil, errors.New("witnesses: there have to be a URL and a timeout")
	}
	p := &Probe{share: o.Timeout / time.Duration(len(o.URLs)), transport: peer.NewTransport(peer.TransportOptions{})}
	for i, text := range o.URLs {
		u, err := peer.ParseURL(text)
		if err != nil {
			return nil, fmt.Errorf("witnesses: number %d is not an http or https URL", i+1)
		}
		p.urls = append(p.urls, u)
	}
	return p, nil
}

// Observe asks the witnesses one after another until one answers. Any answer counts.
func (p *Probe) Observe(ctx context.Context) (probe.Reading, error) {
	for i := range p.urls {
		at := (p.first + i) % len(p.urls)
		err := p.ask(ctx, p.urls[at])
		if err == nil {
			p.first = at
			return reading(messages.OK, fmt.Sprintf("the witness %s answers", p.urls[at].Host)), nil
		}
		if peer.IsLocal(err) {
			err = peer.Explain(err, p.share)
			return reading(messages.Unknown, err.Error()), err
		}
	}
	detail := fmt.Sprintf("none of %d witnesses answers: look at this host's network", len(p.urls))
	return reading(messages.Warning, detail), errors.New(detail)
}

func reading(level messages.Level, detail string) probe.Reading {
	return probe.Reading{Observations: []messages.Observation{{Signal: signal, Level: level, Detail: detail}}}
}

// ask sends a HEAD. It uses RoundTrip, which follows no redirect: a redirect is an answer.
func (p *Probe) ask(ctx context.Context, u *url.URL) error {
	ctx, cancel := context.WithTimeout(ctx, p.share)
	defer cancel()
	request := (&http.Request{Method: http.MethodHead, URL: u, Header: http.Header{"User-Agent": {peer.UserAgent}}}).WithContext(peer.WithTrace(ctx, nil))
	response, err := p.transport.RoundTrip(request)
	if err != nil {
		return err
	}
	_ = response.Body.Close() // a HEAD has none
	return nil
}

// String names the probe without its URLs, which may contain secrets.
func (p *Probe) String() string { return "witness" }
