package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"orchestrator-watchdog/actors/peer"
)

// answer is the result of a scrape.
type answer struct {
	body        []byte
	contentType string
	offset      time.Duration // how far the peer's clock is ahead
	dated       bool          // the offset is known
	took        time.Duration
	release     func() // closes the answer and frees its share of the read limit; may be nil
}

// done releases the answer after it was read.
func (a answer) done() {
	if a.release != nil {
		a.release()
	}
}

// newClient creates the client for the orchestrator's URL. Its error does not quote the URL, which
// may contain a password.
func newClient(o Options) (*peer.Client, error) {
	c, err := peer.NewClient(peer.Target{
		URL: o.URL, Bearer: o.Token, Trust: o.Trust, Transport: o.Transport, Accept: "application/json, text/plain;version=0.0.4;q=0.9, */*;q=0.1",
	})
	if err != nil {
		return nil, errors.New("WATCHDOG_ORCH_URL is not a URL")
	}
	return c, nil
}

// scrape requests /metrics once. Its error is a plain text without secrets. The caller must call
// done on the answer, even after an error.
func (p *Probe) scrape(ctx context.Context) (answer, error) {
	if p.client == nil {
		return answer{}, p.unusable
	}
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	began := p.Now()
	a, err := p.client.Get(ctx, &peer.Trace{Now: p.Now, Timeout: p.Timeout})
	if err != nil {
		return answer{}, err
	}
	got := answer{release: a.Close, contentType: a.Header("Content-Type")}
	if a.Status/100 != 2 {
		return got, fmt.Errorf("answers with status %s", a.Refusal())
	}
	body, whole, err := a.Read(p.MaxBytes)
	if err != nil {
		return got, err
	}
	if !whole {
		return got, fmt.Errorf("the answer is larger than %d bytes (WATCHDOG_ORCH_MAX_BYTES)", p.MaxBytes)
	}
	got.body, got.took = body, p.Now().Sub(began)
	got.offset, got.dated = a.Offset()
	return got, nil
}
