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

// Options are what a Probe is made of.
type Options struct {
	URLs    []string      // http or https
	Timeout time.Duration // of all of them together
}

// Probe asks the witnesses.
type Probe struct {
	urls  []*url.URL
	share time.Duration // of the timeout, for one of them
	first int           // the one that answered last is asked first
	asked http.RoundTripper
}

// New makes the probe. Its error says which URL to fix.
func New(o Options) (*Probe, error) {
	if len(o.URLs) == 0 || o.Timeout <= 0 {
		return nil, errors.New("witnesses: there have to be a URL and a timeout")
	}
	p := &Probe{share: o.Timeout / time.Duration(len(o.URLs)), asked: peer.NewTransport(peer.TransportOptions{})}
	for i, text := range o.URLs {
		u, err := peer.ParseURL(text)
		if err != nil {
			return nil, fmt.Errorf("witnesses: number %d is no http or https URL", i+1)
		}
		p.urls = append(p.urls, u)
	}
	return p, nil
}

// Observe asks one witness after the other until one answers, whatever it answers.
func (p *Probe) Observe(ctx context.Context) (probe.Reading, error) {
	for i := range p.urls {
		at := (p.first + i) % len(p.urls)
		err := p.ask(ctx, p.urls[at])
		if err == nil {
			p.first = at
			return reading(messages.OK, fmt.Sprintf("the witness %s answers", p.urls[at].Host)), nil
		}
		if peer.Ours(err) {
			err = peer.Words(err, p.share)
			return reading(messages.Unknown, err.Error()), err
		}
	}
	detail := fmt.Sprintf("none of %d witnesses answers: look at this host's network", len(p.urls))
	return reading(messages.Warning, detail), errors.New(detail)
}

func reading(level messages.Level, detail string) probe.Reading {
	return probe.Reading{Observations: []messages.Observation{{Signal: signal, Level: level, Detail: detail}}}
}

// ask asks by RoundTrip, which follows no redirect: where one comes from, somebody answered.
func (p *Probe) ask(ctx context.Context, u *url.URL) error {
	ctx, cancel := context.WithTimeout(ctx, p.share)
	defer cancel()
	request := (&http.Request{Method: http.MethodHead, URL: u, Header: http.Header{"User-Agent": {peer.UserAgent}}}).WithContext(peer.Traced(ctx, nil))
	response, err := p.asked.RoundTrip(request)
	if err != nil {
		return err
	}
	_ = response.Body.Close() // a HEAD has none
	return nil
}

// String names the probe, without its URLs.
func (p *Probe) String() string { return "witness" }
