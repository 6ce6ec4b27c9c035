package dependency

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"

	"orchestrator-watchdog/messages/secret"
)

const (
	maxBody      = 1 << 20 // of an answer that is searched
	maxRedirects = 5
)

// HTTP says what a dependency that speaks HTTP must answer.
type HTTP struct {
	URL      string
	Status   []int  // those that are well; none: any of 200 to 299
	Contains string // in the body; empty: the body is not read
	Headers  map[string]string
	Bearer   secret.Text
	User     string
	Password secret.Text
}

// NewHTTP makes a probe that sends one GET over a fresh connection, as a new client would.
func NewHTTP(o Options, h HTTP) *Probe {
	return &Probe{Options: o, check: func(ctx context.Context, s *steps) error {
		resp, err := h.get(ctx, s, o)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		return h.judge(resp, s, o)
	}}
}

func (h HTTP) get(ctx context.Context, s *steps, o Options) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.URL, nil)
	if err != nil {
		return nil, at("request", errors.New("its url is not a URL"))
	}
	req.Header.Set("User-Agent", "orchestrator-watchdog")
	for name, value := range h.Headers {
		req.Header.Set(name, value)
	}
	switch {
	case h.Bearer.Set():
		req.Header.Set("Authorization", "Bearer "+h.Bearer.Reveal())
	case h.User != "" || h.Password.Set():
		req.SetBasicAuth(h.User, h.Password.Reveal())
	}
	client := &http.Client{
		Transport: &http.Transport{
			DisableKeepAlives:      true,
			MaxResponseHeaderBytes: 64 << 10,
			DialContext: func(ctx context.Context, _, addr string) (net.Conn, error) {
				return dial(ctx, s, addr, o)
			},
		},
		CheckRedirect: sameScheme,
	}
	resp, err := client.Do(req)
	if err != nil {
		var known *stepError
		if errors.As(err, &known) {
			return nil, known
		}
		return nil, at("request", plain(err, o.Timeout))
	}
	s.done("status")
	return resp, nil
}

// sameScheme follows a bounded number of redirects that stay with the scheme; to
// another host, net/http itself leaves the credentials behind.
func sameScheme(r *http.Request, via []*http.Request) error {
	switch {
	case len(via) > maxRedirects:
		return fmt.Errorf("redirected more than %d times", maxRedirects)
	case r.URL.Scheme != via[0].URL.Scheme:
		return fmt.Errorf("redirected from %s to %s", via[0].URL.Scheme, r.URL.Scheme)
	}
	return nil
}

func (h HTTP) judge(resp *http.Response, s *steps, o Options) error {
	if !h.statusIsWell(resp.StatusCode) {
		return at("status", fmt.Errorf("it answers %s", resp.Status))
	}
	if h.Contains == "" {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil {
		return at("body", plain(err, o.Timeout))
	}
	s.done("body")
	if !bytes.Contains(body, []byte(h.Contains)) {
		return at("body", fmt.Errorf("its %d bytes do not contain %q", len(body), h.Contains))
	}
	return nil
}

func (h HTTP) statusIsWell(status int) bool {
	if len(h.Status) == 0 {
		return status/100 == 2
	}
	return slices.Contains(h.Status, status)
}
