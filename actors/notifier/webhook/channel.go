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
	"orchestrator-watchdog/messages/secret"
)

const (
	// maxAlone is how many signals are told at once in a request each.
	maxAlone = 10
	// maxReason bounds what is shown of an error, in bytes.
	maxReason = 300
	// minLiteral is how long a text in the body is that may be a secret.
	minLiteral = 12
)

// Options are what a Channel is made of.
type Options struct {
	Name     string
	Kind     string            // webhook, or a form that is known: see Kinds
	URL      secret.Text       // webhook: with placeholders, behind the host
	Token    secret.Text       // ntfy, gotify, matrix
	Headers  map[string]string // webhook: with placeholders
	Body     string            // webhook: with placeholders; empty: a JSON object of all of them
	Priority int               // ntfy, gotify: of what rings; 0: 5 and 8
	Tags     []string          // ntfy; apprise: the tags that are told
	Click    string            // ntfy: with placeholders
	Room     string            // matrix: its id
	Labels   map[string]string // further placeholders

	Host      string         // the name of the watched host
	Zone      *time.Location // of the times shown
	Trust     *peer.Trust    // how a certificate is verified; nil: by the system's authorities
	Transport http.RoundTripper

	click template
}

// Problem is what is wrong with one of the options.
type Problem struct {
	Field string // as the settings call it: url, body, headers.NAME, click
	Err   error
}

// Error implements error.
func (p *Problem) Error() string { return p.Field + ": " + p.Err.Error() }

// Unwrap gives the cause.
func (p *Problem) Unwrap() error { return p.Err }

// Channel tells one address.
type Channel struct {
	o       Options
	form    *form
	url     *url.URL // without user and password, and without placeholders
	path    template // of a URL that has placeholders: it whole; empty: it has none
	headers map[string]template
	fixed   http.Header // credentials
	body    template
	kind    string // the Content-Type of the body; empty: there is no body
	cleaner *secret.Cleaner
	client  *http.Client
}

// New makes a channel and asks nobody. The error joins every Problem and quotes no secret.
func New(o Options) (*Channel, error) {
	c := &Channel{o: o, form: forms[o.Kind], headers: make(map[string]template), fixed: make(http.Header)}
	if c.form == nil {
		return nil, fmt.Errorf("there is no kind %q of webhook; there are: %s", o.Kind, strings.Join(Kinds(), ", "))
	}
	if err := errors.Join(c.templates(o)...); err != nil {
		return nil, err
	}
	u, err := c.address(strings.TrimSpace(o.URL.Reveal()))
	if err != nil {
		return nil, &Problem{"url", err}
	}
	c.authorize(u)
	c.cleaner = peer.CleanerOf(u, c.fixed, append(slices.Concat(pathOf(u), c.literals()), o.Token.Reveal())...)
	u.User = nil
	c.url = u
	c.client = &http.Client{
		Transport: o.Transport,
		// News and credentials go nowhere but to the configured server.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if o.Transport == nil {
		c.client.Transport = peer.NewTransport(peer.TransportOptions{Trust: o.Trust, Proxy: peer.EnvironmentProxy, KeepAlive: true})
	}
	return c, nil
}

// address reads the URL. Its error quotes nothing.
func (c *Channel) address(text string) (*url.URL, error) {
	if len(c.path) <= 1 {
		u, err := peer.ParseURL(text)
		if err != nil {
			return nil, errURL // the library's error quotes it
		}
		return u, nil
	}
	// The host is nobody's but the settings'.
	if before, err := url.Parse(c.path[0]); err != nil || before.Host == "" || before.Path == "" && before.RawQuery == "" {
		return nil, errors.New("a placeholder can stand in the path and the query alone")
	}
	u, err := peer.ParseURL(c.path.fill(nil, asIs))
	if err != nil {
		return nil, errURL
	}
	return u, nil
}

// templates reads all that may hold placeholders.
func (c *Channel) templates(o Options) (problems []error) {
	known := slices.Concat(Placeholders, slices.Sorted(maps.Keys(o.Labels)))
	read := func(field, text string) template {
		t, err := parse(text, known)
		if err != nil {
			problems = append(problems, &Problem{field, err})
		}
		return t
	}
	for name, value := range o.Headers {
		c.headers[textproto.CanonicalMIMEHeaderKey(name)] = read("headers."+name, value)
	}
	c.o.click = read("click", o.Click)
	if o.Kind == "webhook" {
		c.path = read("url", strings.TrimSpace(o.URL.Reveal()))
	}
	if o.Body == "" {
		return problems
	}
	c.body, c.kind = read("body", o.Body), "text/plain; charset=utf-8"
	if json.Valid([]byte(o.Body)) {
		c.kind = "application/json"
	}
	return problems
}

// authorize sets the headers that say who we are.
func (c *Channel) authorize(u *url.URL) {
	if u.User != nil {
		r := http.Request{Header: c.fixed}
		password, _ := u.User.Password()
		r.SetBasicAuth(u.User.Username(), password)
	}
	if name, scheme, found := strings.Cut(c.form.token, ": "); found && c.o.Token.Set() {
		c.fixed.Set(name, scheme+c.o.Token.Reveal())
	}
}

// pathOf gives the path of a URL and its parts: any may be a secret.
func pathOf(u *url.URL) []string { return append(strings.Split(u.Path, "/"), u.Path) }

// literals are what headers and body hold that may be a secret: the values of headers, and
// texts in a JSON body, that nothing is put into.
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
	var body any
	if json.Unmarshal([]byte(c.o.Body), &body) == nil {
		all = append(all, textsIn(body)...)
	}
	return all
}

func textsIn(value any) (all []string) {
	switch v := value.(type) {
	case string:
		if len(v) >= minLiteral && !placeholder.MatchString(v) {
			all = append(all, v)
		}
	case []any:
		for _, one := range v {
			all = append(all, textsIn(one)...)
		}
	case map[string]any:
		for _, one := range v {
			all = append(all, textsIn(one)...)
		}
	}
	return all
}

// Name is the channel's name.
func (c *Channel) Name() string { return c.o.Name }

// String names the channel without its secrets.
func (c *Channel) String() string { return c.o.Name }

// Format implements fmt.Formatter, so that no verb shows a secret.
func (c Channel) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(c.o.Name)) }

// Fit implements notifier.Fitter: a few signals are told one by one, many together.
func (c *Channel) Fit(items []messages.Notification) int {
	if len(items) <= maxAlone {
		return 1
	}
	return notifier.Fit(items, c.style(c.form.most/2)) // escaping may double a text
}

func (c *Channel) style(limit int) notifier.Style {
	return notifier.Style{Host: c.o.Host, Zone: c.o.Zone, Limit: limit}
}

// Send makes one request of the batch.
func (c *Channel) Send(ctx context.Context, batch notifier.Batch) (notifier.Sent, error) {
	var m message
	for limit := c.form.most; ; limit = limit * 3 / 4 {
		m = c.dressed(say(batch, c.style(limit), c.o.Labels))
		if c.form.size(m.whole()) <= c.form.most || limit < 100 {
			break
		}
	}
	return notifier.Sent{}, c.post(ctx, m)
}

// Test makes one request that says that it is a test.
func (c *Channel) Test(ctx context.Context) error {
	return c.post(ctx, c.dressed(test(c.o.Host, c.o.Labels, time.Now())))
}

// dressed is the message with its text escaped as the form needs it.
func (c *Channel) dressed(m message) message {
	if c.form.escape != nil {
		m.values["title"], m.values["text"] = c.form.escape(m.title()), c.form.escape(m.text())
	}
	return m
}

func (c *Channel) post(ctx context.Context, m message) error {
	trace := &peer.Trace{}
	request, err := c.request(peer.Traced(ctx, trace), m)
	if err != nil {
		return err
	}
	response, err := c.client.Do(request) //nolint:bodyclose // the answer closes it
	if err != nil {
		reason := c.cleaner.Clean(trace.Words(err).Error()) // without the URL: it may be a secret
		return &notifier.Failure{Err: fmt.Errorf("%s can't be reached: %s", c.form.says, peer.Line(reason, maxReason))}
	}
	answer := peer.AnswerOf(response, c.cleaner)
	defer answer.Close()
	said, body := answer.Refused()
	return c.form.judge(answer, said, body, time.Now())
}

// request makes the request of a message. Its error quotes nothing.
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
	r.Header.Set("User-Agent", peer.UserAgent)
	r.Header.Set("Content-Type", kind)
	maps.Copy(r.Header, c.fixed)
	if c.form.header != nil {
		c.form.header(r.Header, &c.o, m)
	}
	for name, t := range c.headers {
		r.Header.Set(name, t.fill(m.values, inHeader))
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host // net/http takes it from here alone
	}
	return r, nil
}

// target is the URL that a message goes to.
func (c *Channel) target(m message) (*url.URL, error) {
	switch {
	case c.form.address != nil:
		return c.form.address(c.url, &c.o, m)
	case len(c.path) > 1:
		u, err := url.Parse(c.path.fill(m.values, inURL))
		if err != nil {
			return nil, err
		}
		u.User, u.Host = nil, c.url.Host // as it is spelled for name servers
		return u, nil
	}
	return c.url, nil
}

// content is the body of a message's request, and its type.
func (c *Channel) content(m message) (body []byte, kind string) {
	switch {
	case c.kind != "":
		return []byte(c.body.fill(m.values, c.escape())), c.kind
	case c.form.body == nil:
		body, _ = json.Marshal(m.values) // texts always can be
		return body, "application/json"
	}
	content := c.form.body(&c.o, m)
	if text, plain := content.(string); plain {
		return []byte(text), "text/plain; charset=utf-8"
	}
	body, _ = json.Marshal(content) // maps of texts and numbers always can be
	return body, "application/json"
}

// escape is for what is put into the body.
func (c *Channel) escape() func(string) string {
	kind, isSet := c.headers["Content-Type"]
	switch {
	case c.kind == "application/json":
		return inJSON
	case isSet && strings.HasPrefix(kind[0], "application/x-www-form-urlencoded"):
		return inURL
	}
	return asIs
}
