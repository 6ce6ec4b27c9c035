package dependency

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"orchestrator-watchdog/messages/secret"
)

const (
	maxRedirects = 5
	userAgent    = "orchestrator-watchdog"
)

// HTTP says what a dependency that speaks HTTP must answer to a GET. It is asked
// directly, through no proxy, by HTTP/1.1.
type HTTP struct {
	URL      string            // may hold a user and password
	Status   []int             // those that are well; none: any of 200 to 299
	Contains string            // in the first MiB of the body
	JSON     map[string]string // dotted paths in the body, and what must stand there
	Headers  map[string]string // any may be a secret
	Bearer   secret.Text
	User     string
	Password secret.Text
	Trust    Trust
}

// Format implements fmt.Formatter: the URL and the headers may hold secrets, so no verb
// shows what is set.
func (h HTTP) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("an HTTP dependency")) }

// httpCheck is an HTTP that was found to be in order.
type httpCheck struct {
	HTTP
	url    *url.URL    // without user and password
	header http.Header // for the host of url alone
	trust  verification
	onDate func(source string, offset time.Duration)
}

func newHTTP(h HTTP, onDate func(string, time.Duration)) (check, bool, error) {
	u, err := url.Parse(h.URL)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, false, errors.New("its url is no http or https URL")
	}
	trust, err := h.Trust.verification("")
	if err != nil {
		return nil, false, err
	}
	c := &httpCheck{HTTP: h, url: u, header: h.credentials(u.User), trust: trust, onDate: onDate}
	u.User = nil
	return c.run, u.Scheme == "https", nil
}

// credentials are all headers that were set: any of them may be a secret.
func (h HTTP) credentials(fromURL *url.Userinfo) http.Header {
	r := http.Request{Header: make(http.Header)}
	if fromURL != nil {
		password, _ := fromURL.Password()
		r.SetBasicAuth(fromURL.Username(), password)
	}
	if h.User != "" || h.Password.Set() {
		r.SetBasicAuth(h.User, h.Password.Reveal())
	}
	if h.Bearer.Set() {
		r.Header.Set("Authorization", "Bearer "+h.Bearer.Reveal())
	}
	for name, value := range h.Headers {
		r.Header.Set(name, value)
	}
	return r.Header
}

// run sends the GET, follows redirects, and judges the last answer.
func (c *httpCheck) run(ctx context.Context, t *trial) error {
	target, trusted := c.url, true
	for redirects := 0; ; redirects++ {
		next, err := c.visit(ctx, t, target, trusted, redirects)
		if err != nil || next == nil {
			return err
		}
		// Once another host decided where to go, no secret goes there, not even back home.
		target, trusted = next, trusted && next.Host == c.url.Host
	}
}

// visit asks one URL: it gives where the answer sends us, or judges the answer.
func (c *httpCheck) visit(ctx context.Context, t *trial, target *url.URL, trusted bool, redirects int) (*url.URL, error) {
	a, err := c.exchange(ctx, t, target, trusted)
	if err != nil {
		return nil, err
	}
	defer a.close()
	if redirects == 0 {
		c.compareClocks(a)
	}
	next, err := c.redirect(a, target, redirects)
	if err != nil || next != nil {
		return next, err
	}
	return nil, c.judge(t, a)
}

// redirect gives where an answer sends us; nil: nowhere. A redirect that was asked
// for as a status is an answer, and not followed.
func (c *httpCheck) redirect(a *answer, from *url.URL, before int) (*url.URL, error) {
	location := a.response.Header.Get("Location")
	if !isRedirect(a.response.StatusCode) || location == "" || c.wants(a.response.StatusCode) {
		return nil, nil
	}
	to, err := from.Parse(location)
	switch {
	case err != nil || to.Hostname() == "":
		return nil, at("status", errors.New("it redirects to what is no URL"))
	case to.Scheme != from.Scheme:
		return nil, at("status", fmt.Errorf("redirected from %s to %s: set the final URL", from.Scheme, bounded(to.Scheme, 20)))
	case before >= maxRedirects:
		return nil, at("status", fmt.Errorf("redirected more than %d times", maxRedirects))
	}
	to.User = nil
	return to, nil
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}
