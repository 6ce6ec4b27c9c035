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
	"orchestrator-watchdog/messages/secret"
)

const (
	maxAnswer     = 4 << 10   // bytes of an answer that are read
	maxQuoted     = 300       // and of a refusal that are quoted
	maxRetryAfter = time.Hour // a pause that the other side may ask for
)

var errForm = errors.New("an address in WATCHDOG_ALERTMANAGER_URL is not of the form http://[user:password@]host:9093")

// Options are what a Channel is made of.
type Options struct {
	URL       string            // base URL, with the route prefix if there is one; may hold user and password
	Host      string            // the label host: the name of the watched host
	Transport http.RoundTripper // nil: a real one, straight to the Alertmanager
}

// Channel tells one Alertmanager.
type Channel struct {
	name     string
	host     string
	endpoint string // without user and password
	user     string
	password secret.Text
	client   *http.Client
}

// New makes a channel and asks nobody. The error never quotes the URL.
func New(o Options) (*Channel, error) {
	u, err := url.Parse(strings.TrimSpace(o.URL))
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errForm // url's error quotes the address, password and all
	}
	c := &Channel{host: o.Host, name: "alertmanager:" + net.JoinHostPort(u.Hostname(), port(u)) + strings.TrimRight(u.EscapedPath(), "/")}
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
		c.client.Transport = &http.Transport{
			Proxy: nil, MaxIdleConns: 1, IdleConnTimeout: 2 * time.Minute, TLSHandshakeTimeout: 5 * time.Second, MaxResponseHeaderBytes: 64 << 10,
		}
	}
	return c, nil
}

func port(u *url.URL) string {
	if u.Scheme == "https" {
		return cmp.Or(u.Port(), "443")
	}
	return cmp.Or(u.Port(), "80")
}

// Name is alertmanager:HOST:PORT, with the route prefix if there is one.
func (c *Channel) Name() string { return c.name }

// String names the channel without its password.
func (c *Channel) String() string { return c.name }

// WantsRefresh implements notifier.Refresher: Alertmanager forgets what is not repeated.
func (c *Channel) WantsRefresh() {}

// Send posts the batch's news and repeats what is still so. Alertmanager numbers no messages.
func (c *Channel) Send(ctx context.Context, batch notifier.Batch) (notifier.Sent, error) {
	return notifier.Sent{}, c.post(ctx, alerts(batch, c.host))
}

// Test posts one alert that says that it is a test. It ends by itself after
// Alertmanager's resolve_timeout.
func (c *Channel) Test(ctx context.Context) error {
	return c.post(ctx, []alert{{
		Labels: map[string]string{"alertname": "watchdog_test", "signal": "watchdog_test", "host": c.host, "severity": "warning"},
		Annotations: map[string]string{
			"summary": "TEST watchdog · " + c.host,
			"detail":  "This Alertmanager will be told when something breaks. Nothing is wrong now.",
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
	if c.user != "" || c.password.Set() {
		req.SetBasicAuth(c.user, c.password.Reveal())
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return unreachable(err)
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if resp.StatusCode/100 == 2 {
		return nil
	}
	return refusal(resp, c.masked(string(answer)))
}

// unreachable is an error on the way, without the URL: the channel's name says which it is.
func unreachable(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return &notifier.Failure{Err: fmt.Errorf("the Alertmanager can't be reached: %w", err)}
}

// refusal reads an answer that is no success: what asking again can't mend is permanent.
func refusal(resp *http.Response, answer string) error {
	f := &notifier.Failure{Err: fmt.Errorf("the Alertmanager says %d", resp.StatusCode)}
	switch status := resp.StatusCode; {
	case status == http.StatusTooManyRequests, status >= 500:
		f.RetryAfter = retryAfter(resp.Header)
		return f
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		f.Mend = "put the right user and password into WATCHDOG_ALERTMANAGER_URL, as http://user:password@host:9093"
	case status == http.StatusBadRequest:
		f.Err = fmt.Errorf("the Alertmanager says %d %q", status, answer[:min(len(answer), maxQuoted)])
		f.Mend = "it does not take these alerts: check that WATCHDOG_ALERTMANAGER_URL is an Alertmanager of 0.16 or later"
	case status/100 == 3:
		f.Mend = "redirects are not followed: set WATCHDOG_ALERTMANAGER_URL to the address it sends to"
	default:
		f.Mend = "there is no Alertmanager API v2: check WATCHDOG_ALERTMANAGER_URL, and the route prefix in it"
	}
	f.Permanent = true
	return f
}

// retryAfter is the pause that an answer asks for in seconds; 0 where it names none.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.ParseUint(h.Get("Retry-After"), 10, 32)
	if err != nil {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, maxRetryAfter)
}

// masked takes the password out of an answer that quotes the request.
func (c *Channel) masked(text string) string {
	if !c.password.Set() {
		return text
	}
	req := http.Request{Header: http.Header{}}
	req.SetBasicAuth(c.user, c.password.Reveal())
	_, credentials, _ := strings.Cut(req.Header.Get("Authorization"), " ")
	return strings.NewReplacer(c.password.Reveal(), secret.Mask, credentials, secret.Mask).Replace(text)
}
