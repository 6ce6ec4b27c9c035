package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"time"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/messages"
)

// maxSeparate is the largest number of pending signals that get a request each.
const maxSeparate = 10

// Channel sends to one URL.
type Channel struct {
	*Settings
	setup       notifier.Setup
	form        *form
	url         *url.URL // without user and password
	path        template // the whole URL; len > 1: it has placeholders
	headers     map[string]template
	credentials http.Header
	body        template // the body of the settings
	click       template
	bodyType    string // the Content-Type of body; empty: the settings have no body
	sender      *peer.Sender
}

var _ notifier.Settings = (*Settings)(nil)

// Make implements notifier.Settings. No error holds a secret.
func (s *Settings) Make(setup notifier.Setup) (notifier.Channel, error) {
	return s.channel(setup)
}

func (s *Settings) channel(setup notifier.Setup) (*Channel, error) {
	c := &Channel{Settings: s, setup: setup, form: s.form, headers: make(map[string]template), credentials: make(http.Header)}
	trust, err := peer.LoadTLS(s.TLS)
	if err != nil {
		return nil, &notifier.Problem{Err: err}
	}
	if err := errors.Join(c.templates()...); err != nil {
		return nil, err
	}
	u, err := c.address(strings.TrimSpace(s.URL.Reveal()))
	if err != nil {
		return nil, &notifier.Problem{Field: "url", Err: err}
	}
	c.authorize(u)
	cleaner := peer.NewCleaner(u, c.credentials, append(slices.Concat(pathOf(u), c.literals()), s.Token.Reveal())...)
	c.sender = peer.NewSender(peer.NewTransport(peer.TransportOptions{Trust: trust, Proxy: peer.EnvironmentProxy, KeepAlive: true}), cleaner, 0)
	u.User = nil
	c.url = u
	return c, nil
}

// address parses the URL. Its error does not quote it.
func (c *Channel) address(text string) (*url.URL, error) {
	if len(c.path) <= 1 {
		u, err := peer.ParseURL(text)
		if err != nil {
			return nil, errURL // the error of url.Parse quotes the URL
		}
		return u, nil
	}
	// A placeholder must not choose the host.
	if before, err := url.Parse(c.path[0]); err != nil || before.Host == "" || before.Path == "" && before.RawQuery == "" {
		return nil, errors.New("only path and query can have placeholders")
	}
	u, err := peer.ParseURL(c.path.fill(nil, asIs))
	if err != nil {
		return nil, errURL
	}
	return u, nil
}

// templates parses all settings that may have placeholders.
func (c *Channel) templates() (problems []error) {
	known := slices.Concat(placeholders, slices.Sorted(maps.Keys(c.setup.Labels)))
	read := func(field, text string) template {
		t, err := parse(text, known)
		if err != nil {
			problems = append(problems, &notifier.Problem{Field: field, Err: err})
		}
		return t
	}
	for name, value := range c.Headers {
		c.headers[textproto.CanonicalMIMEHeaderKey(name)] = read("headers."+name, value)
	}
	c.click = read("click", c.Click)
	if c.form.body == nil {
		c.path = read("url", strings.TrimSpace(c.URL.Reveal()))
	}
	if c.Body == "" {
		return problems
	}
	c.body, c.bodyType = read("body", c.Body), "text/plain; charset=utf-8"
	if json.Valid([]byte(c.Body)) {
		c.bodyType = "application/json"
	}
	return problems
}

// authorize sets the headers with credentials.
func (c *Channel) authorize(u *url.URL) {
	if u.User != nil {
		r := http.Request{Header: c.credentials}
		password, _ := u.User.Password()
		r.SetBasicAuth(u.User.Username(), password)
	}
	if name, scheme, found := strings.Cut(c.form.token, ": "); found && c.Token.Set() {
		c.credentials.Set(name, scheme+c.Token.Reveal())
	}
}

// pathOf returns the path of a URL and its parts, since each may be a secret.
func pathOf(u *url.URL) []string { return append(strings.Split(u.Path, "/"), u.Path) }

// literals returns the parts of headers and body that may be secrets: values of headers without
// placeholders, and secret texts in a JSON body.
func (c *Channel) literals() []string {
	var all []string
	for name, t := range c.headers {
		if len(t) == 1 && name != "Content-Type" {
			all = append(all, t[0])
			if _, credentials, found := strings.Cut(t[0], " "); found {
				all = append(all, credentials)
			}
		}
	}
	return append(all, secretsIn(c.Body)...)
}

// Name returns the channel's name.
func (c *Channel) Name() string { return c.setup.Name }

// String returns the channel's name, without secrets.
func (c *Channel) String() string { return c.setup.Name }

// Format implements fmt.Formatter, so that no verb shows a secret.
func (c Channel) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(c.setup.Name)) }

// Fit implements notifier.Fitter. Up to maxSeparate signals are sent one by one, more together.
func (c *Channel) Fit(items []messages.Notification) int {
	if len(items) <= maxSeparate {
		return 1
	}
	return notifier.Fit(items, c.setup.Style(c.form.limit/2)) // escaping may double the length
}

// Send sends the batch as one request.
func (c *Channel) Send(ctx context.Context, batch notifier.Batch) (notifier.Sent, error) {
	var m message
	for limit := c.form.limit; ; limit = limit * 3 / 4 {
		m = c.escaped(render(batch, c.setup.Style(limit), c.setup.Labels))
		if c.form.size(m.whole()) <= c.form.limit || limit < 100 {
			break
		}
	}
	return notifier.Sent{}, c.post(ctx, m)
}

// Test sends a test message.
func (c *Channel) Test(ctx context.Context) error {
	return c.post(ctx, c.escaped(test(c.setup.Host, c.setup.Labels, time.Now())))
}

// escaped returns the message with its text escaped for the form.
func (c *Channel) escaped(m message) message {
	if c.form.escape != nil {
		m.values["title"], m.values["text"] = c.form.escape(m.title()), c.form.escape(m.text())
	}
	return m
}

func (c *Channel) post(ctx context.Context, m message) error {
	request, err := c.request(ctx, m)
	if err != nil {
		return err
	}
	answer, err := c.sender.Send(request)
	if err != nil {
		return &notifier.Failure{Err: fmt.Errorf("%s can't be reached: %w", c.form.name, err)}
	}
	defer answer.Close()
	reason, body := answer.Refused()
	return c.form.judge(answer, reason, body, time.Now())
}

// request makes the request for a message. Its error does not quote the URL.
func (c *Channel) request(ctx context.Context, m message) (*http.Request, error) {
	address, err := c.target(m)
	if err != nil {
		return nil, errURL
	}
	body, kind := c.content(m)
	method := http.MethodPost
	if c.form.method != "" {
		method = c.form.method
	}
	r, err := http.NewRequestWithContext(ctx, method, address.String(), bytes.NewReader(body))
	if err != nil {
		return nil, errURL
	}
	r.Header.Set("Content-Type", kind)
	maps.Copy(r.Header, c.credentials)
	if c.form.header != nil {
		c.form.header(r.Header, c, m)
	}
	for name, t := range c.headers {
		r.Header.Set(name, t.fill(m.values, inHeader))
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host // net/http ignores the header
	}
	return r, nil
}

// target returns the URL for a message.
func (c *Channel) target(m message) (*url.URL, error) {
	switch {
	case c.form.address != nil:
		return c.form.address(c.url, c.Settings, m)
	case len(c.path) > 1:
		u, err := url.Parse(c.path.fill(m.values, inURL))
		if err != nil {
			return nil, err
		}
		u.User, u.Host = nil, c.url.Host // the host in ASCII, for name servers
		return u, nil
	}
	return c.url, nil
}

// content returns the body of the request for a message, and its Content-Type.
func (c *Channel) content(m message) (body []byte, kind string) {
	switch {
	case c.bodyType != "":
		return []byte(c.body.fill(m.values, c.escape())), c.bodyType
	case c.form.body == nil:
		body, _ = json.Marshal(m.values) // never fails for strings
		return body, "application/json"
	}
	content := c.form.body(c.Settings, m)
	if text, plain := content.(string); plain {
		return []byte(text), "text/plain; charset=utf-8"
	}
	body, _ = json.Marshal(content) // never fails for maps of strings, numbers and booleans
	return body, "application/json"
}

// escape returns the function that escapes values for the body.
func (c *Channel) escape() func(string) string {
	kind, isSet := c.headers["Content-Type"]
	switch {
	case c.bodyType == "application/json":
		return inJSON
	case isSet && strings.HasPrefix(kind[0], "application/x-www-form-urlencoded"):
		return inURL
	}
	return asIs
}
