package webhook_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/notifier/webhook"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/secret"
)

var at = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// request is a request that a peer received.
type request struct {
	line   string // method and path, with the query
	header http.Header
	body   string
}

// peer is a server that records all requests and gives each the same answer.
type peer struct {
	*httptest.Server
	mu       sync.Mutex
	requests []request
	status   int
	headers  map[string]string
	answer   string
}

func newPeer(t *testing.T, status int, answer string) *peer {
	p := &peer{status: status, answer: answer}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.requests = append(p.requests, request{r.Method + " " + r.URL.RequestURI(), r.Header, string(body)})
		for name, value := range p.headers {
			w.Header().Set(name, value)
		}
		w.WriteHeader(p.status)
		_, _ = io.WriteString(w, p.answer)
	}))
	t.Cleanup(p.Close)
	return p
}

// last returns the last request.
func (p *peer) last(t *testing.T) request {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.requests) == 0 {
		t.Fatal("nothing was sent")
	}
	return p.requests[len(p.requests)-1]
}

// options are the settings of a channel, its kind and the labels.
type options struct {
	Kind       string
	URL, Token secret.Text
	Headers    map[string]string
	Body       string
	Priority   int
	Tags       []string
	Click      string
	Room       string
	Labels     map[string]string
}

func (o options) settings() *webhook.Settings {
	for _, kind := range webhook.Kinds {
		if kind.Name == o.Kind {
			s := kind.New().(*webhook.Settings)
			s.URL, s.Token, s.Headers, s.Body, s.Priority, s.Tags, s.Click, s.Room = o.URL, o.Token, o.Headers, o.Body, o.Priority, o.Tags, o.Click, o.Room
			return s
		}
	}
	panic("there is no kind " + o.Kind)
}

func (o options) setup() notifier.Setup {
	return notifier.Setup{Name: "hook", Host: "web-1", Zone: time.UTC, Common: notifier.Common{Labels: o.Labels}}
}

func newChannel(t *testing.T, o options) *webhook.Channel {
	t.Helper()
	ch, err := o.settings().Make(o.setup())
	if err != nil {
		t.Fatal(err)
	}
	return ch.(*webhook.Channel)
}

func alert(signal messages.Key, level messages.Level, detail string) messages.Notification {
	return messages.Notification{Seq: 7, News: messages.Alert, Signal: signal, Level: level, Worst: level, Detail: detail, Since: at.Add(-time.Minute), At: at}
}

func batch(items ...messages.Notification) notifier.Batch {
	return notifier.Batch{Items: items, At: at}
}

func send(t *testing.T, ch *webhook.Channel, b notifier.Batch) {
	t.Helper()
	if _, err := ch.Send(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

// Without a body in the settings, the body is a JSON object of all values, including labels. A
// label never replaces a value.
func TestWithoutABody(t *testing.T) {
	p := newPeer(t, 204, "")
	ch := newChannel(t, options{Kind: "webhook", URL: secret.New(p.URL + "/hook"), Labels: map[string]string{"team": "ops", "signal": "x"}})
	send(t, ch, batch(alert("dep_down:db", messages.Critical, "refused \"<b>\"")))
	got := p.last(t)
	if got.line != "POST /hook" || got.header.Get("Content-Type") != "application/json" || got.header.Get("User-Agent") != "orchestrator-watchdog" {
		t.Errorf("%s %v", got.line, got.header)
	}
	var body map[string]string
	if err := json.Unmarshal([]byte(got.body), &body); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"title": "🔴 ALERT dep_down:db · web-1", "text": "refused \"<b>\"\nsince 11:59:00 UTC, for 1m 0s", "severity": "critical",
		"news": "ALERT", "signal": "dep_down:db", "host": "web-1", "since": "2026-03-01T11:59:00Z", "team": "ops",
	}
	if fmt.Sprint(body) != fmt.Sprint(want) {
		t.Errorf("got %v\nwant %v", body, want)
	}
}

// A body that is valid JSON is sent and escaped as JSON, any other as plain text, and a form is
// escaped as a form. A value in a header is one line.
func TestABody(t *testing.T) {
	for name, c := range map[string]struct{ body, contentType, wantType, want string }{
		"JSON":  {`{"summary": "{title}", "text": "{text} {team}"}`, "", "application/json", `{"summary": "🔴 ALERT dep_down:db · web-1", "text": "a \"b\"\nsince 11:59:00 UTC, for 1m 0s ops"}`},
		"text":  {"{news} {signal}\n{text}", "", "text/plain; charset=utf-8", "ALERT dep_down:db\na \"b\"\nsince 11:59:00 UTC, for 1m 0s"},
		"form":  {"text={signal}&b=1", "application/x-www-form-urlencoded", "application/x-www-form-urlencoded", "text=dep_down%3Adb&b=1"},
		"typed": {"{signal}", "text/markdown", "text/markdown", "dep_down:db"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPeer(t, 200, "")
			o := options{
				Kind: "webhook", URL: secret.New(p.URL + "/{severity}?s={signal}"), Body: c.body, Labels: map[string]string{"team": "ops"},
				Headers: map[string]string{"x-text": "<{text}>", "X-Key": "hunter2-and-more"},
			}
			if c.contentType != "" {
				o.Headers["content-type"] = c.contentType
			}
			send(t, newChannel(t, o), batch(alert("dep_down:db", messages.Critical, `a "b"`)))
			got := p.last(t)
			if got.line != "POST /critical?s=dep_down%3Adb" || got.header.Get("Content-Type") != c.wantType || got.header.Get("X-Key") != "hunter2-and-more" ||
				got.header.Get("X-Text") != `<a "b" since 11:59:00 UTC, for 1m 0s>` {
				t.Errorf("%s %v", got.line, got.header)
			}
			if got.body != c.want && !sameJSON(got.body, c.want) {
				t.Errorf("got  %s\nwant %s", got.body, c.want)
			}
		})
	}
}

func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && fmt.Sprint(x) == fmt.Sprint(y)
}

// Up to ten signals get a request each. More are one request, in which the signals are joined, and
// the worst signal gives news and severity.
func TestManySignals(t *testing.T) {
	p := newPeer(t, 200, "")
	ch := newChannel(t, options{Kind: "webhook", URL: secret.New(p.URL)})
	var items []messages.Notification
	for i := range 11 {
		items = append(items, alert(messages.Key(fmt.Sprintf("dep_slow:%02d", i)), messages.Warning, ""))
	}
	items[4].News, items[4].Level = messages.Worse, messages.Critical
	if n := ch.Fit(items[:10]); n != 1 {
		t.Errorf("%d of ten signals share a request", n)
	}
	if n := ch.Fit(items); n != 11 {
		t.Errorf("%d of eleven signals share a request", n)
	}
	send(t, ch, batch(items...))
	var body map[string]string
	_ = json.Unmarshal([]byte(p.last(t).body), &body)
	if body["news"] != "WORSE" || body["severity"] != "critical" || !strings.HasPrefix(body["signal"], "dep_slow:00, dep_slow:01, ") || strings.Count(body["signal"], ", ") != 10 {
		t.Errorf("got %v", body)
	}
}

// A recovery is as severe as its trouble was. A flapping signal is as severe as its worst level.
func TestSeverity(t *testing.T) {
	p := newPeer(t, 200, "")
	ch := newChannel(t, options{Kind: "webhook", URL: secret.New(p.URL), Body: "{news} {severity}"})
	for want, n := range map[string]messages.Notification{
		"RECOVERED critical": {News: messages.Recovered, Level: messages.OK, Worst: messages.Critical},
		"RECOVERED warning":  {News: messages.Recovered, Level: messages.OK, Worst: messages.Warning},
		"STILL warning":      {News: messages.Still, Level: messages.Warning, Worst: messages.Critical},
		"FLAPPING critical":  {News: messages.Flapping, Level: messages.Critical, Flaps: true},
		"EVENT warning":      {News: messages.Event, Level: messages.Warning},
	} {
		n.Signal, n.At = "host_load", at
		send(t, ch, batch(n))
		if got := p.last(t).body; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// An invalid setting is an error that names the setting and quotes no secret.
func TestWrongOptions(t *testing.T) {
	for want, o := range map[string]options{
		"url: url is not an http":              {Kind: "webhook", URL: secret.New("hunter2-and-more")},
		"url: only path and query":             {Kind: "webhook", URL: secret.New("http://{host}/hunter2-and-more")},
		"body: there is no placeholder {titel": {Kind: "webhook", URL: secret.New("http://h/"), Body: "{titel}"},
		"headers.X-A: there is no placeholder": {Kind: "webhook", URL: secret.New("http://h/"), Headers: map[string]string{"X-A": "{a}"}},
		"click: there is no placeholder":       {Kind: "ntfy", URL: secret.New("http://h/t"), Click: "http://{a}"},
	} {
		_, err := o.settings().Make(o.setup())
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got %v, want %s…", err, want)
		}
	}
}

// No output of a failure holds a secret, even if the peer repeats it: not the token, a part of the
// URL, a header, or a key in the body.
func TestNoSecretIsShown(t *testing.T) {
	for kind, o := range map[string]options{
		"webhook": {Headers: map[string]string{"X-Key": "hunter2-in-a-header"}, Body: `{"routing_key": "hunter2-in-the-body", "text": "{text}"}`},
		"ntfy":    {Token: secret.New("hunter2-as-a-token")},
		"gotify":  {Token: secret.New("hunter2-as-a-token")},
		"matrix":  {Token: secret.New("hunter2-as-a-token"), Room: "!a:b"},
		"slack":   {}, "discord": {}, "mattermost": {}, "apprise": {},
	} {
		t.Run(kind, func(t *testing.T) {
			p := newPeer(t, 403, "")
			o.Kind = kind
			o.URL = secret.New(strings.Replace(p.URL, "http://", "http://me:hunter2-as-password@", 1) + "/hunter2-in-the-path?key=hunter2-in-a-query")
			ch := newChannel(t, o)
			for _, status := range []int{302, 400, 403, 429, 500} {
				p.status = status
				p.headers = map[string]string{"Location": p.URL + "/hunter2-in-the-path"}
				p.answer = "no: hunter2-in-a-header hunter2-in-the-body hunter2-as-a-token hunter2-as-password hunter2-in-the-path hunter2-in-a-query"
				_, err := ch.Send(t.Context(), batch(alert("dep_down:db", messages.Critical, "")))
				all := fmt.Sprintf("%v %+v %#v %s %v %+v %#v", err, err, err, ch.Name(), ch, *ch, ch)
				for _, s := range secretsOf(o) {
					if strings.Contains(all, s) {
						t.Errorf("%s is in %s", s, all)
					}
				}
			}
			p.Close()
			_, err := ch.Send(t.Context(), batch(alert("dep_down:db", messages.Critical, "")))
			if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "can't be reached") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// secretsOf returns the secrets of a channel with the options.
func secretsOf(o options) []string {
	all := []string{"hunter2-as-password", "hunter2-in-the-path", "hunter2-in-a-query"}
	if o.Token.Set() {
		all = append(all, o.Token.Reveal())
	}
	if o.Body != "" {
		all = append(all, "hunter2-in-a-header", "hunter2-in-the-body")
	}
	return all
}

// Redirects are not followed: news and credentials reach only the configured server.
func TestARedirectIsNotFollowed(t *testing.T) {
	other := newPeer(t, 200, "")
	p := newPeer(t, 307, "")
	p.headers = map[string]string{"Location": other.URL}
	ch := newChannel(t, options{Kind: "webhook", URL: secret.New(p.URL)})
	_, err := ch.Send(t.Context(), batch(alert("dep_down:db", messages.Critical, "")))
	var f *notifier.Failure
	if !errors.As(err, &f) || !f.Permanent || !strings.Contains(f.Remedy, "redirects are not followed") || len(other.requests) > 0 {
		t.Errorf("got %v, and %d requests elsewhere", err, len(other.requests))
	}
}

// A broken connection is a temporary failure. An endless answer is not read to its end.
func TestTheNetwork(t *testing.T) {
	broken := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer broken.Close()
	ch := newChannel(t, options{Kind: "webhook", URL: secret.New(broken.URL)})
	_, err := ch.Send(t.Context(), batch(alert("dep_down:db", messages.Critical, "")))
	var f *notifier.Failure
	if !errors.As(err, &f) || f.Permanent || f.Content {
		t.Errorf("got %v", err)
	}
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for page := make([]byte, 64<<10); ; {
			if _, err := w.Write(page); err != nil {
				return
			}
		}
	}))
	defer endless.Close()
	send(t, newChannel(t, options{Kind: "webhook", URL: secret.New(endless.URL)}), batch(alert("dep_down:db", messages.Critical, "")))
}

// A test message says that it is a test.
func TestATestMessage(t *testing.T) {
	p := newPeer(t, 200, "")
	if err := newChannel(t, options{Kind: "webhook", URL: secret.New(p.URL), Body: "{news} {title}: {text}"}).Test(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := p.last(t).body; !strings.HasPrefix(got, "TEST 🔵 TEST watchdog · web-1: This channel will be told") {
		t.Errorf("got %s", got)
	}
}
