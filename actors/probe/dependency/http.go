package dependency

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/messages/secret"
)

// HTTP says what a dependency that speaks HTTP must answer to a GET.
type HTTP struct {
	URL      string            // may hold a user and password
	Status   []int             // those that are well; none: any of 200 to 299
	Contains string            // in the first MiB of the body
	JSON     map[string]string // dotted paths in the body, and what must stand there
	Headers  map[string]string // any may be a secret
	Bearer   secret.Text
	User     string
	Password secret.Text
	TLS      peer.TLS
}

// Format implements fmt.Formatter: the URL and the headers may hold secrets, so no verb
// shows what is set.
func (h HTTP) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("an HTTP dependency")) }

// httpCheck is an HTTP that was found to be in order.
type httpCheck struct {
	HTTP
	client *peer.Client
	onDate func(source string, offset time.Duration)
}

func newHTTP(h HTTP, onDate func(string, time.Duration)) (check, bool, error) {
	trust, err := h.TLS.Load()
	if err != nil {
		return nil, false, err
	}
	c := &httpCheck{HTTP: h, onDate: onDate}
	header := make(http.Header)
	for name, value := range h.Headers {
		header.Set(name, value)
	}
	c.client, err = peer.NewClient(peer.Target{
		URL: h.URL, Header: header, Bearer: h.Bearer, User: h.User, Password: h.Password, Trust: trust, Wanted: c.asksFor,
	})
	if err != nil {
		return nil, false, err
	}
	u, _ := url.Parse(h.URL) // it was parsed before
	return c.run, u.Scheme == "https", nil
}

// run sends the GET and judges the answer.
func (c *httpCheck) run(ctx context.Context, t *trial) error {
	t.cleaner = c.client.Cleaner()
	a, err := c.client.Get(ctx, t.trace)
	if err != nil {
		return err
	}
	defer a.Close()
	if offset, ok := a.Offset(); ok && c.onDate != nil {
		c.onDate(c.client.Host(), offset)
	}
	return c.judge(t, a)
}

// asksFor tells whether a status was set to be well: a redirect that was is an answer.
func (c *httpCheck) asksFor(status int) bool { return slices.Contains(c.Status, status) }

// wants tells whether a status is well.
func (c *httpCheck) wants(status int) bool {
	if len(c.Status) == 0 {
		return status/100 == 2
	}
	return c.asksFor(status)
}
