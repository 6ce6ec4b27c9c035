package dependency

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/config/field"
	"orchestrator-watchdog/messages/secret"
)

var httpKind = field.Kind{
	Name: "http", New: func() field.Settings { return new(HTTP) }, Form: `http: {url: "http://api:8000/health"}`,
	Keys: "url, status (default: 200 to 299), contains, json (path: value), headers, user with password, or bearer",
	Examples: []string{
		`{name: gitea, http: {url: "http://gitea:3000/api/healthz", status: [200], contains: "pass"}, timeout: 5s, slow: 2s}`,
		`{name: api, http: {url: "https://api:8443/health", json: {status: ok}, headers: {X-Tenant: ops}}} # and bearer_file`,
	},
}

// HTTP is a dependency that must answer a GET.
type HTTP struct {
	URL      string            // may contain a user and password
	Status   []int             // accepted statuses; empty: 200 to 299
	Contains string            // text that must be in the first MiB of the body
	JSON     map[string]string // expected value by dotted path in the body
	Headers  map[string]string // any value may be a secret
	Bearer   secret.Text
	User     string
	Password secret.Text
	peer.TLS
}

// Fields implements field.Settings.
func (h *HTTP) Fields() []field.Field {
	return append(h.TLS.Fields(),
		field.Of("url", &h.URL, field.URL).Hiding(secret.InURL),
		field.ListOf("status", &h.Status, httpStatus),
		field.Of("contains", &h.Contains, field.Text),
		field.MapOf("json", &h.JSON, field.Text, field.Text),
		field.MapOf("headers", &h.Headers, headerName, field.HeaderValue).Hidden(),
		field.Secret("bearer", &h.Bearer),
		field.Of("user", &h.User, field.Text),
		field.Secret("password", &h.Password),
	)
}

// Check implements field.Settings.
func (h *HTTP) Check() []error {
	problems := missing("http needs a url", h.URL)
	if h.Bearer.Set() && (h.User != "" || h.Password.Set()) {
		problems = append(problems, errors.New("bearer and user or password are both set: keep one of the two"))
	}
	if h.Password.Set() && h.User == "" {
		problems = append(problems, errors.New("a password needs its user"))
	}
	return problems
}

// String implements field.Settings.
func (h *HTTP) String() string { return "http " + secret.MaskURL(h.URL) }

// Format implements fmt.Formatter: the URL and the headers may contain secrets, so no verb
// shows the settings.
func (h *HTTP) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("an HTTP dependency")) }

// httpStatus parses one accepted status.
func httpStatus(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 100 || n > 599 {
		return 0, fmt.Errorf("%q is not an HTTP status", s)
	}
	return n, nil
}

func headerName(s string) (string, error) {
	name := textproto.CanonicalMIMEHeaderKey(s)
	if name == "" || strings.ContainsFunc(name, field.IsBlank) {
		return "", errors.New("this is not the name of a header")
	}
	return name, nil
}

// httpCheck is the check of a valid HTTP.
type httpCheck struct {
	*HTTP
	client *peer.Client
	onDate func(source string, offset time.Duration)
}

func (h *HTTP) newCheck(s Spec) (check, error) {
	trust, err := peer.LoadTLS(h.TLS)
	if err != nil {
		return check{}, err
	}
	c := &httpCheck{HTTP: h, onDate: s.OnDate}
	var header http.Header
	if len(h.Headers) > 0 {
		header = make(http.Header, len(h.Headers))
	}
	for name, value := range h.Headers {
		header.Set(name, value)
	}
	c.client, err = peer.NewClient(peer.Target{
		URL: h.URL, Header: header, Bearer: h.Bearer, User: h.User, Password: h.Password, Trust: trust, NoFollow: c.listsStatus,
	})
	if err != nil {
		return check{}, err
	}
	return check{run: c.run, tls: c.client.Encrypted()}, nil
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

// listsStatus reports whether the settings list a status. A listed redirect is not followed.
func (c *httpCheck) listsStatus(status int) bool { return slices.Contains(c.Status, status) }

// acceptsStatus reports whether a status is accepted.
func (c *httpCheck) acceptsStatus(status int) bool {
	if len(c.Status) == 0 {
		return status/100 == 2
	}
	return c.listsStatus(status)
}
