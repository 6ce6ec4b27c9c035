package peer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"

	"orchestrator-watchdog/messages/secret"
)

const (
	maxRedirects = 5
	// UserAgent is the User-Agent of all requests.
	UserAgent = "orchestrator-watchdog"
)

// Target is a URL and how to request it.
type Target struct {
	URL      string      // http or https; may hold a user and password
	Header   http.Header // sent only to the host of URL, since any value may be a secret
	Bearer   secret.Text
	User     string
	Password secret.Text
	Accept   string
	Trust    *Trust
	// NoFollow reports whether a redirect with this status is an answer and is not followed; nil:
	// all are followed.
	NoFollow func(status int) bool
	// Transport replaces the default one; nil: the default.
	Transport http.RoundTripper
}

// Client requests one Target. Each request uses a new connection and no proxy, so that it
// fails if a new client would.
type Client struct {
	home      *url.URL // without user and password
	header    http.Header
	accept    string
	noFollow  func(int) bool
	cleaner   *secret.Cleaner
	transport http.RoundTripper
}

// ParseURL parses an http or https URL and converts its host by ASCII. The error does not quote
// the URL, which may hold a password.
func ParseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("its url is not an http or https URL")
	}
	return u, inASCII(u)
}

// inASCII converts the host of a URL by ASCII.
func inASCII(u *url.URL) error {
	host, err := ASCII(u.Hostname())
	if err != nil || host == u.Hostname() {
		return err
	}
	if port := u.Port(); port != "" {
		host = net.JoinHostPort(host, port)
	}
	u.Host = host
	return nil
}

// NewClient returns a client for the target. The error holds no secret.
func NewClient(t Target) (*Client, error) {
	u, err := ParseURL(t.URL)
	if err != nil {
		return nil, err
	}
	c := &Client{
		home: u, header: t.headers(u.User), accept: t.Accept, noFollow: t.NoFollow,
		transport: t.Transport,
	}
	switch {
	case c.transport != nil:
	case u.Scheme == "http":
		c.transport = unencrypted{}
	default:
		c.transport = NewTransport(TransportOptions{Trust: t.Trust})
	}
	c.cleaner = NewCleaner(u, c.header, t.Password.Reveal())
	u.User = nil
	return c, nil
}

// headers returns all headers of the target, including the credentials; nil if there are none.
func (t Target) headers(fromURL *url.Userinfo) http.Header {
	r := http.Request{Header: make(http.Header)}
	if fromURL != nil {
		password, _ := fromURL.Password()
		r.SetBasicAuth(fromURL.Username(), password)
	}
	if t.User != "" || t.Password.Set() {
		r.SetBasicAuth(t.User, t.Password.Reveal())
	}
	if t.Bearer.Set() {
		r.Header.Set("Authorization", "Bearer "+t.Bearer.Reveal())
	}
	for name, values := range t.Header {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	if len(r.Header) == 0 {
		return nil // there may be thousands of clients
	}
	return r.Header
}

// Encrypted reports whether the target uses TLS.
func (c *Client) Encrypted() bool { return c.home.Scheme == "https" }

// Host returns the host and port of the URL.
func (c *Client) Host() string { return HostPort(c.home) }

// Cleaner returns the cleaner of the credentials that the client sends.
func (c *Client) Cleaner() *secret.Cleaner { return c.cleaner }

// Get sends a GET request and follows redirects. It returns the answer of the last host. The
// error names the step that failed, in plain words, and does not hold the URL.
func (c *Client) Get(ctx context.Context, trace *Trace) (*Answer, error) {
	target, elsewhere := c.home, false
	for redirects := 0; ; redirects++ {
		a, err := c.visit(ctx, trace, target, elsewhere)
		if err != nil {
			return nil, err
		}
		next, err := c.redirect(a, redirects)
		if err == nil && next == nil {
			return a, nil
		}
		a.Close()
		if err != nil {
			return nil, AtStep("status", err)
		}
		// Once another host has redirected, no secret is sent, not even back to the first host.
		target, elsewhere = next, elsewhere || !sameHost(next, c.home)
	}
}

// visit requests one URL.
func (c *Client) visit(ctx context.Context, trace *Trace, target *url.URL, elsewhere bool) (*Answer, error) {
	deadline, _ := ctx.Deadline()
	a := &Answer{url: target, requested: c.home, sent: trace.now(), trace: trace, cleaner: c.cleaner, context: ctx}
	traced := context.WithValue(ctx, hopKey{}, hop{trace, deadline, elsewhere})
	traced = httptrace.WithClientTrace(traced, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { a.sent = trace.now() },
	})
	trace.begin("connect")
	trace.setReadErr(nil)
	response, err := c.transport.RoundTrip(c.request(traced, target, elsewhere)) //nolint:bodyclose // Answer.Close does
	if err != nil {
		return nil, c.failed(ctx, trace, err)
	}
	a.Status, a.response, a.received = response.StatusCode, response, trace.now()
	trace.end("status", "body")
	return a, nil
}

// failed returns the error of a request in plain words, with the step.
func (c *Client) failed(ctx context.Context, trace *Trace, err error) error {
	if step, ok := errors.AsType[*StepError](err); ok { // a certificate may repeat our credentials too
		return AtStep(step.Step, &plainError{c.cleaner.Clean(step.Err.Error()), step.Err})
	}
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return AtStep(trace.underWay(), ctx.Err())
	case ctx.Err() != nil:
		err = ctx.Err() // the other errors follow from it
	}
	if readErr := trace.readError(); readErr != nil && isMalformed(err) {
		err = readErr // the answer is incomplete, not malformed
	}
	text := trace.Explain(err).Error()
	if ExplainKnown(err, 0) == nil {
		text = "no valid HTTP answer: " + text
	}
	return AtStep(trace.underWay(), &plainError{Line(c.cleaner.Clean(text), maxReason), err})
}

func (c *Client) request(ctx context.Context, target *url.URL, elsewhere bool) *http.Request {
	r := (&http.Request{Method: http.MethodGet, URL: target, Host: target.Host, Header: make(http.Header)}).WithContext(ctx)
	if !elsewhere {
		maps.Copy(r.Header, c.header)
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host // net/http ignores the header
	}
	for name, value := range map[string]string{"User-Agent": UserAgent, "Accept": c.accept, "Accept-Encoding": "gzip"} {
		if value != "" && r.Header.Get(name) == "" {
			r.Header.Set(name, value)
		}
	}
	return r
}

// redirect returns the URL to which an answer redirects; nil: it does not.
func (c *Client) redirect(a *Answer, before int) (*url.URL, error) {
	location := a.response.Header.Get("Location")
	if !isRedirect(a.Status) || location == "" || c.noFollow != nil && c.noFollow(a.Status) {
		return nil, nil
	}
	to, err := a.url.Parse(location)
	switch {
	case err != nil || to.Hostname() == "":
		return nil, errors.New("it redirects to an invalid URL")
	case to.Scheme != a.url.Scheme:
		return nil, fmt.Errorf("redirected from %s to %s: set the final URL", a.url.Scheme, a.Sanitize(to.Scheme, 20))
	case before >= maxRedirects:
		return nil, fmt.Errorf("redirected more than %d times", maxRedirects)
	}
	to.User = nil
	return to, inASCII(to)
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// Offset returns how far the peer's clock is ahead of ours. It reports false if that is unknown. The
// Date header has whole seconds, so the middle of its second is compared with the middle of
// the exchange.
func (a *Answer) Offset() (time.Duration, bool) {
	theirs, ok := a.Date()
	if !ok || a.sent.IsZero() {
		return 0, false
	}
	ours := a.sent.Add(a.received.Sub(a.sent) / 2)
	return theirs.Add(time.Second / 2).Sub(ours), true
}

func sameHost(a, b *url.URL) bool { return strings.EqualFold(HostPort(a), HostPort(b)) }

// HostPort returns the host and port of a URL, with the default port of its scheme.
func HostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}
