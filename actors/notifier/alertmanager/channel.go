package alertmanager

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/messages/secret"
)

const (
	maxAnswer     = 4 << 10   // bytes of a success that are read
	maxReason     = 300       // and of an error that are shown
	maxRetryAfter = time.Hour // a pause that the other side may ask for
)

// ofVariables holds the URLs of Alertmanagers that the file does not list.
const ofVariables = "WATCHDOG_ALERTMANAGER_URL"

var errForm = errors.New("the address of an Alertmanager is not of the form http://[user:password@]host:9093")

// Options are what a Channel is made of.
type Options struct {
	Name      string // empty: alertmanager:HOST:PORT, with the route prefix if there is one
	URL       string // base URL, with the route prefix if there is one; may hold user and password
	User      string // of basic auth, where the URL holds none
	Password  secret.Text
	Token     secret.Text       // bearer token; empty: none
	Host      string            // the label instance: the name of the watched host
	Labels    map[string]string // further labels of every alert
	Handbook  string            // base URL of the annotation runbook_url; empty: none
	Trust     *peer.Trust       // how its certificate is verified; nil: by the system's authorities
	Transport http.RoundTripper // nil: a real one, straight to the Alertmanager
}

// Channel tells one Alertmanager.
type Channel struct {
	name     string
	setting  string // that holds the URL
	host     string
	labels   map[string]string
	handbook string
	endpoint string // without user and password
	user     string
	password secret.Text
	token    secret.Text
	cleaner  *secret.Cleaner
	client   *http.Client
}

// New makes a channel and asks nobody. The error never quotes the URL.
func New(o Options) (*Channel, error) {
	u, err := url.Parse(strings.TrimSpace(o.URL))
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errForm // url's error quotes the address, password and all
	}
	c := &Channel{host: o.Host, labels: o.Labels, handbook: o.Handbook, setting: ofVariables, name: "alertmanager:" + net.JoinHostPort(u.Hostname(), port(u)) + strings.TrimRight(u.EscapedPath(), "/")}
	if o.Name != "" {
		c.name, c.setting = o.Name, "its url"
	}
	c.user, c.password, c.token = o.User, o.Password, o.Token
	c.cleaner = peer.CleanerOf(u, nil, o.Password.Reveal(), o.Token.Reveal())
	if u.User != nil {
		password, _ := u.User.Password()
		c.user, c.password = u.User.Username(), secret.New(password)
		u.User = nil
	}
	c.endpoint = u.JoinPath("api/v2/alerts").String()
	c.client = &http.Client{
		Transport: o.Transport,
		// Alerts and password go nowhere but to the configured server.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if o.Transport == nil {
		c.client.Transport = peer.NewTransport(peer.TransportOptions{Trust: o.Trust, KeepAlive: true})
	}
	return c, nil
}

func port(u *url.URL) string {
	if u.Scheme == "https" {
		return cmp.Or(u.Port(), "443")
	}
	return cmp.Or(u.Port(), "80")
}

// Name is the channel's name.
func (c *Channel) Name() string { return c.name }

// String names the channel without its password.
func (c *Channel) String() string { return c.name }

// WantsRefresh implements notifier.Refresher: Alertmanager forgets what is not repeated.
func (c *Channel) WantsRefresh() {}

// Send posts the batch's news and repeats what is still so. Alertmanager numbers no messages.
func (c *Channel) Send(ctx context.Context, batch notifier.Batch) (notifier.Sent, error) {
	return notifier.Sent{}, c.post(ctx, c.alerts(batch))
}

// Test posts one alert that says that it is a test. It ends by itself after
// Alertmanager's resolve_timeout.
func (c *Channel) Test(ctx context.Context) error {
	return c.post(ctx, []alert{{
		Labels: map[string]string{"alertname": "watchdog_test", "signal": "watchdog_test", "instance": c.host, "severity": "warning", "job": "watchdog"},
		Annotations: map[string]string{
			"summary":     "TEST watchdog · " + c.host,
			"description": "This Alertmanager will be told when something breaks. Nothing is wrong now.",
		},
	}})
}

func (c *Channel) post(ctx context.Context, all []alert) error {
	body, err := json.Marshal(all)
	if err != nil {
		return fmt.Errorf("the alerts can't be written as JSON: %w", err)
	}
	trace := &peer.Trace{}
	req, err := http.NewRequestWithContext(peer.Traced(ctx, trace), http.MethodPost, c.endpoint, bytes.NewReader(body))
	if err != nil {
		return errForm
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", peer.UserAgent)
	switch {
	case c.token.Set():
		req.Header.Set("Authorization", "Bearer "+c.token.Reveal())
	case c.user != "" || c.password.Set():
		req.SetBasicAuth(c.user, c.password.Reveal())
	}
	resp, err := c.client.Do(req) //nolint:bodyclose // the answer closes it
	if err != nil {
		reason := c.cleaner.Clean(trace.Words(err).Error()) // without the URL: the channel's name says which it is
		return &notifier.Failure{Err: fmt.Errorf("the Alertmanager can't be reached: %s", peer.Line(reason, maxReason))}
	}
	answer := peer.AnswerOf(resp, c.cleaner)
	defer answer.Close()
	if resp.StatusCode/100 == 2 {
		_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer)) // so that the connection can be used again
		return nil
	}
	return c.refusal(answer, resp.Header)
}

// refusal reads an answer that is no success: what asking again can't fix is permanent.
func (c *Channel) refusal(answer *peer.Answer, header http.Header) error {
	f := &notifier.Failure{Err: fmt.Errorf("the Alertmanager says %s", answer.Refusal())}
	switch status := answer.Status; {
	case status == http.StatusTooManyRequests, status >= 500:
		f.RetryAfter = retryAfter(header)
		return f
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		f.Remedy = c.credentialsRemedy()
	case status == http.StatusBadRequest:
		f.Remedy = "it does not take these alerts: check that " + c.setting + " is an Alertmanager of 0.16 or later"
	case status/100 == 3:
		f.Remedy = "redirects are not followed: set " + c.setting + " to the address it sends to"
	default:
		f.Remedy = "there is no Alertmanager API v2: check " + c.setting + ", and the route prefix in it"
	}
	f.Permanent = true
	return f
}

// credentialsRemedy says what to fix when the Alertmanager, or the proxy before it, does not
// take who we are.
func (c *Channel) credentialsRemedy() string {
	if c.setting != ofVariables {
		return "put the right user and password_file, or token_file, into the channel's settings"
	}
	return "put the right user and password into " + c.setting + ", as http://user:password@host:9093; a token needs a channel of kind alertmanager in the file"
}

// retryAfter is the pause that an answer asks for in seconds; 0 where it names none.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.ParseUint(h.Get("Retry-After"), 10, 32)
	if err != nil {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, maxRetryAfter)
}
