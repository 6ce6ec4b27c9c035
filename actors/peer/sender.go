package peer

import (
	"errors"
	"net/http"
	"time"

	"orchestrator-watchdog/messages/secret"
)

// maxFailure is how many bytes of the error of a Sender are shown.
const maxFailure = 300

// Sender sends requests of any method, such as news to a channel. It follows no redirect, since
// content and credentials must reach no other server.
type Sender struct {
	client  *http.Client
	cleaner *secret.Cleaner
	timeout time.Duration // of a request, for error texts; 0: unknown
}

// NewSender returns a Sender that masks in texts what the cleaner masks.
func NewSender(transport http.RoundTripper, cleaner *secret.Cleaner, timeout time.Duration) *Sender {
	client := &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &Sender{client, cleaner, timeout}
}

// Send sends a request. The error is one line in plain words. It does not hold the URL, which may be
// a secret.
func (s *Sender) Send(r *http.Request) (*Answer, error) {
	trace := &Trace{Timeout: s.timeout}
	r = r.WithContext(WithTrace(r.Context(), trace))
	if _, set := r.Header["User-Agent"]; !set {
		r.Header.Set("User-Agent", UserAgent)
	}
	response, err := s.client.Do(r) //nolint:bodyclose // the answer closes it
	if err != nil {
		return nil, errors.New(Line(s.cleaner.Clean(trace.Explain(err).Error()), maxFailure))
	}
	return NewAnswer(response, s.cleaner), nil
}
