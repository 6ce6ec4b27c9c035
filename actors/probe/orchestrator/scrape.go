package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"time"
)

// maxRedirects within the orchestrator's own host.
const maxRedirects = 5

// answer is what a scrape brought.
type answer struct {
	body        []byte
	contentType string
	date        time.Time // of the Date header; zero where there is none
	took        time.Duration
}

var errElsewhere = errors.New("redirected to another host, where the token must not go: set WATCHDOG_ORCH_URL to the final address")

// newClient makes a client whose connections are fresh, so that it sees what a new
// client sees, and that follows redirects within the host alone.
func newClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{DisableKeepAlives: true, Proxy: nil, MaxResponseHeaderBytes: 64 << 10},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if r.URL.Host != via[0].URL.Host || r.URL.Scheme != via[0].URL.Scheme {
				return errElsewhere
			}
			if len(via) > maxRedirects {
				return fmt.Errorf("redirected more than %d times", maxRedirects)
			}
			return nil
		},
	}
}

// scrape asks once. Its error says what failed in words for a chat, and no URL: one
// may hold a password.
func (p *Probe) scrape(ctx context.Context) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	began := p.Now()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL, nil)
	if err != nil {
		return answer{}, errors.New("WATCHDOG_ORCH_URL is not a URL")
	}
	req.Header.Set("Accept", "application/json, text/plain;version=0.0.4;q=0.9, */*;q=0.1")
	req.Header.Set("User-Agent", "orchestrator-watchdog")
	if p.Token.Set() {
		req.Header.Set("Authorization", "Bearer "+p.Token.Reveal())
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return answer{}, p.unreachable(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return answer{}, fmt.Errorf("answers with status %s", shortened(resp.Status, 80))
	}
	if packed := resp.Header.Get("Content-Encoding"); packed != "" && packed != "identity" {
		return answer{}, fmt.Errorf("the answer is packed as %q, which was not asked for", shortened(packed, 40))
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, p.MaxBytes+1))
	if err != nil {
		return answer{}, fmt.Errorf("the answer broke off after %d bytes: %w", len(body), p.unreachable(err))
	}
	if int64(len(body)) > p.MaxBytes {
		return answer{}, fmt.Errorf("the answer is larger than %d bytes (WATCHDOG_ORCH_MAX_BYTES)", p.MaxBytes)
	}
	date, _ := http.ParseTime(resp.Header.Get("Date"))
	return answer{body: body, contentType: resp.Header.Get("Content-Type"), date: date, took: p.Now().Sub(began)}, nil
}

// unreachable says in plain words why there was no answer.
func (p *Probe) unreachable(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // without the URL
	}
	var dns *net.DNSError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("no answer within %s (WATCHDOG_ORCH_TIMEOUT)", p.Timeout)
	case errors.Is(err, syscall.ECONNREFUSED):
		return errors.New("connection refused: nothing listens there")
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the connection was closed in the middle")
	case errors.As(err, &dns):
		return fmt.Errorf("its name does not resolve: %s", dns.Err)
	}
	// A server that speaks first, as one of mail does, fails in words that depend on who was faster.
	return fmt.Errorf("no valid HTTP answer: %w", err)
}
