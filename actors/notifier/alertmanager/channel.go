package alertmanager

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	maxAnswer     = 4 << 10   // bytes that are read of a success
	maxRetryAfter = time.Hour // the longest pause that is accepted
)

// ofVariables names the variable with the URLs of Alertmanagers that are not listed in the file.
const ofVariables = "WATCHDOG_ALERTMANAGER_URL"

var errForm = errors.New("the URL of an Alertmanager must have the form http://[user:password@]host:9093")

// Options configure a Channel.
type Options struct {
	Name      string // empty: alertmanager:HOST:PORT, with the route prefix if there is one
	URL       string // base URL, with the route prefix if there is one; may hold user and password
	User      string // of basic auth; the URL's user takes precedence
	Password  secret.Text
	Token     secret.Text       // bearer token; empty: none
	Host      string            // the label instance: the name of the watched host
	Labels    map[string]string // further labels of every alert
	Handbook  string            // base URL of the annotation runbook_url; empty: none
	Trust     *peer.Trust       // verifies its certificate; nil: by the system's authorities
	Transport http.RoundTripper // nil: a real one, without a proxy
}

// Channel sends to one Alertmanager.
type Channel struct {
	name     string
	setting  string // the name of the setting with the URL
	host     string
	labels   map[string]string
	handbook string
	endpoint string // without user and password
	user     string
	password secret.Text
	token    secret.Text
	sender   *peer.Sender
}

// New makes a channel without any request. The error never quotes the URL.
func New(o Options) (*Channel, error) {
	u, err := url.Parse(strings.TrimSpace(o.URL))
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errForm // the error of url.Parse quotes the password
	}
	c := &Channel{host: o.Host, labels: o.Labels, handbook: o.Handbook, setting: ofVariables, name: "alertmanager:" + peer.HostPort(u) + strings.TrimRight(u.EscapedPath(), "/")}
	if o.Name != "" {
		c.name, c.setting = o.Name, "its url"
	}
	c.user, c.password, c.token = o.User, o.Password, o.Token
	cleaner := peer.NewCleaner(u, nil, o.Password.Reveal(), o.Token.Reveal())
	if u.User != nil {
		password, _ := u.User.Password()
		c.user, c.password = u.User.Username(), secret.New(password)
		u.User = nil
	}
	c.endpoint = u.JoinPath("api/v2/alerts").String()
	if o.Transport == nil {
		o.Transport = peer.NewTransport(peer.TransportOptions{Trust: o.Trust, KeepAlive: true})
	}
	c.sender = peer.NewSender(o.Transport, cleaner, 0)
	return c, nil
}

// Name returns the channel's name.
func (c *Channel) Name() string { return c.name }

// String returns the channel's name. It keeps %v from printing the password.
func (c *Channel) String() string { return c.name }

// WantsRefresh implements notifier.Refresher: Alertmanager forgets alerts that are not repeated.
func (c *Channel) WantsRefresh() {}

// Send posts the batch's news and repeats the active troubles. Alertmanager has no message ids.
func (c *Channel) Send(ctx context.Context, batch notifier.Batch) (notifier.Sent, error) {
	return notifier.Sent{}, c.post(ctx, c.alerts(batch))
}

// Test posts a test alert. It ends after Alertmanager's resolve_timeout.
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
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint, bytes.NewReader(body))
	if err != nil {
		return errForm
	}
	req.Header.Set("Content-Type", "application/json")
	switch {
	case c.token.Set():
		req.Header.Set("Authorization", "Bearer "+c.token.Reveal())
	case c.user != "" || c.password.Set():
		req.SetBasicAuth(c.user, c.password.Reveal())
	}
	answer, err := c.sender.Send(req)
	if err != nil {
		return &notifier.Failure{Err: fmt.Errorf("the Alertmanager can't be reached: %w", err)}
	}
	defer answer.Close()
	if answer.Status/100 == 2 {
		_, _, _ = answer.Read(maxAnswer) // so that the connection can be reused
		return nil
	}
	return c.refusal(answer)
}

// refusal converts an answer that is not a success. It is permanent if a retry can't succeed.
func (c *Channel) refusal(answer *peer.Answer) error {
	f := &notifier.Failure{Err: fmt.Errorf("the Alertmanager says %s", answer.Refusal())}
	switch status := answer.Status; {
	case status == http.StatusTooManyRequests, status >= 500:
		f.RetryAfter = retryAfter(answer)
		return f
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		f.Remedy = c.credentialsRemedy()
	case status == http.StatusBadRequest:
		f.Remedy = "it does not accept these alerts: check that " + c.setting + " is an Alertmanager of 0.16 or later"
	case status/100 == 3:
		f.Remedy = "redirects are not followed: set " + c.setting + " to the address that it redirects to"
	default:
		f.Remedy = "there is no Alertmanager API v2: check " + c.setting + ", and the route prefix in it"
	}
	f.Permanent = true
	return f
}

// credentialsRemedy returns the remedy for credentials that the Alertmanager, or a proxy before
// it, refuses.
func (c *Channel) credentialsRemedy() string {
	if c.setting != ofVariables {
		return "put the right user and password_file, or token_file, into the channel's settings"
	}
	return "put the right user and password into " + c.setting + ", as http://user:password@host:9093; a token needs a channel of kind alertmanager in the file"
}

// retryAfter returns the pause that an answer asks for in seconds; 0: none.
func retryAfter(answer *peer.Answer) time.Duration {
	seconds, err := strconv.ParseUint(answer.Header("Retry-After"), 10, 32)
	if err != nil {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, maxRetryAfter)
}
