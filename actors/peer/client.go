package peer

import (
	"context"
	"errors"
	"fmt"
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
	// UserAgent is how the watchdog names itself.
	UserAgent = "orchestrator-watchdog"
)

// Target is a URL and how it is asked.
type Target struct {
	URL      string      // http or https; may hold a user and password
	Header   http.Header // any may be a secret: they go to the host of URL alone
	Bearer   secret.Text
	User     string
	Password secret.Text
	Accept   string
	Trust    *Trust
	// Wanted tells whether a status is an answer though it is a redirect; nil: none is.
	Wanted func(status int) bool
	// Transport is nil for the real one.
	Transport http.RoundTripper
}

// Client asks one Target. Every request uses a connection of its own and no proxy, so
// that it sees what a new client sees.
type Client struct {
	home      *url.URL // without user and password
	header    http.Header
	accept    string
	wanted    func(int) bool
	cleaner   *secret.Cleaner
	transport http.RoundTripper
}

// ParseURL reads an http or https URL, with its host in ASCII. Its error quotes nothing: a
// URL may hold a password.
func ParseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("its url is no http or https URL")
	}
	return u, inASCII(u)
}

// inASCII writes the host of a URL as name servers and certificates spell it.
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

// NewClient returns a client. Its error holds no secret.
func NewClient(t Target) (*Client, error) {
	u, err := ParseURL(t.URL)
	if err != nil {
		return nil, err
	}
	c := &Client{
		home: u, header: t.headers(u.User), accept: t.Accept, wanted: t.Wanted,
		transport: t.Transport,
	}
	switch {
	case c.transport != nil:
	case u.Scheme == "http":
		c.transport = unencrypted{}
	default:
		c.transport = NewTransport(TransportOptions{Trust: t.Trust})
	}
	c.cleaner = CleanerOf(u, c.header, t.Password.Reveal())
	home := *u
	home.User = nil
	c.home = &home
	return c, nil
}

// headers are all that were set, with the credentials among them.
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
	return r.Header
}

// Host is the host and port of the URL.
func (c *Client) Host() string { return HostPort(c.home) }

// Cleaner masks the credentials that the client sends.
func (c *Client) Cleaner() *secret.Cleaner { return c.cleaner }

// Get sends the GET and follows redirects. The answer is that of the last host, with its
// headers read. The error names the step that failed, in plain words, and no URL.
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
			return nil, At("status", err)
		}
		// Once another host decided where to go, no secret goes there, not even back home.
		target, elsewhere = next, elsewhere || !sameHost(next, c.home)
	}
}

// visit asks one URL.
func (c *Client) visit(ctx context.Context, trace *Trace, target *url.URL, elsewhere bool) (*Answer, error) {
	deadline, _ := ctx.Deadline()
	a := &Answer{URL: target, Home: c.home, Sent: trace.now(), trace: trace, cleaner: c.cleaner, context: ctx}
	traced := context.WithValue(ctx, hopKey{}, hop{trace, deadline, elsewhere})
	traced = httptrace.WithClientTrace(traced, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { a.Sent = trace.now() },
	})
	trace.begin("connect")
	trace.breaks(nil)
	response, err := c.transport.RoundTrip(c.request(traced, target, elsewhere)) //nolint:bodyclose // Answer.Close does
	if err != nil {
		return nil, c.failed(ctx, trace, err)
	}
	a.Status, a.response, a.Received = response.StatusCode, response, trace.now()
	trace.end("status", "body")
	return a, nil
}

// failed names the step that a request failed at.
func (c *Client) failed(ctx context.Context, trace *Trace, err error) error {
	var own *Error
	if errors.As(err, &own) { // a certificate, too, may repeat what we sent before
		return At(own.Step, &worded{c.cleaner.Clean(own.Err.Error()), own.Err})
	}
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return At(trace.underWay(), ctx.Err())
	case ctx.Err() != nil:
		err = ctx.Err() // whatever broke because of it
	}
	if broke := trace.brokenBy(); broke != nil && isMalformed(err) {
		err = broke // the answer is half a one, and not a wrong one
	}
	text := trace.Words(err).Error()
	if Known(err, 0) == nil {
		text = "no valid HTTP answer: " + text
	}
	return At(trace.underWay(), &worded{Line(c.cleaner.Clean(text), maxReason), err})
}

func (c *Client) request(ctx context.Context, target *url.URL, elsewhere bool) *http.Request {
	r := (&http.Request{Method: http.MethodGet, URL: target, Host: target.Host, Header: make(http.Header)}).WithContext(ctx)
	if !elsewhere {
		r.Header = c.header.Clone()
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host // net/http takes it from here alone
	}
	for name, value := range map[string]string{"User-Agent": UserAgent, "Accept": c.accept, "Accept-Encoding": "gzip"} {
		if value != "" && r.Header.Get(name) == "" {
			r.Header.Set(name, value)
		}
	}
	return r
}

// redirect returns where an answer sends us; nil: nowhere.
func (c *Client) redirect(a *Answer, before int) (*url.URL, error) {
	location := a.response.Header.Get("Location")
	if !isRedirect(a.Status) || location == "" || c.wanted != nil && c.wanted(a.Status) {
		return nil, nil
	}
	to, err := a.URL.Parse(location)
	switch {
	case err != nil || to.Hostname() == "":
		return nil, errors.New("it redirects to what is no URL")
	case to.Scheme != a.URL.Scheme:
		return nil, fmt.Errorf("redirected from %s to %s: set the final URL", a.URL.Scheme, a.Said(to.Scheme, 20))
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

// Offset tells how far the peer's clock is ahead of ours, where its answer says so. The
// Date header names whole seconds, so the middle of its second is held against the middle
// of the exchange.
func (a *Answer) Offset() (time.Duration, bool) {
	theirs, ok := a.Date()
	if !ok || a.Sent.IsZero() {
		return 0, false
	}
	ours := a.Sent.Add(a.Received.Sub(a.Sent) / 2)
	return theirs.Add(time.Second / 2).Sub(ours), true
}

func sameHost(a, b *url.URL) bool { return strings.EqualFold(HostPort(a), HostPort(b)) }

// HostPort is where to connect to for a URL.
func HostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}
