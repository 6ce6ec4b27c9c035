package webhook_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/secret"
)

type object = map[string]any

// Each form sends the URL, the credentials and the body that its documentation asks for. Messages
// that do not ring are sent silently if the service can do that.
func TestForms(t *testing.T) {
	detail := "<!channel> *a* _b_ @here"
	for name, c := range map[string]struct {
		o      options
		path   string
		level  messages.Level
		line   string
		header map[string]string
		body   any // a string or an object
	}{
		"ntfy rings": {
			options{Kind: "ntfy", Token: secret.New("tk_1"), Tags: []string{"db"}, Click: "https://g/?s={signal}"}, "/oncall", messages.Critical, "POST /oncall",
			map[string]string{"Authorization": "Bearer tk_1", "Title": "🔴 ALERT dep_down:db · web-1", "Priority": "5", "Tags": "db,critical,alert", "Click": "https://g/?s=dep_down%3Adb"},
			detail + "\nsince 11:59:00 UTC, for 1m 0s",
		},
		"ntfy is silent": {
			options{Kind: "ntfy", Priority: 4}, "/oncall", messages.Warning, "POST /oncall",
			map[string]string{"Authorization": "", "Priority": "2", "Tags": "warning,alert", "Click": ""}, detail + "\nsince 11:59:00 UTC, for 1m 0s",
		},
		"gotify": {
			options{Kind: "gotify", Token: secret.New("A1")}, "/push/", messages.Critical, "POST /push/message",
			map[string]string{"X-Gotify-Key": "A1", "Content-Type": "application/json"},
			object{"title": "🔴 ALERT dep_down:db · web-1", "message": detail + "\nsince 11:59:00 UTC, for 1m 0s", "priority": 8.0},
		},
		"slack": {
			options{Kind: "slack"}, "/services/T/B/x", messages.Critical, "POST /services/T/B/x", nil,
			object{"text": "🔴 ALERT dep_down:db · web-1\n&lt;!channel&gt; *a* _b_ @here\nsince 11:59:00 UTC, for 1m 0s", "mrkdwn": false, "unfurl_links": false, "unfurl_media": false},
		},
		"discord is silent": {
			options{Kind: "discord"}, "/api/webhooks/1/x", messages.Warning, "POST /api/webhooks/1/x?wait=true", nil,
			object{
				"content": "🟡 ALERT dep\\_down:db · web-1\n\\<!channel\\> \\*a\\* \\_b\\_ @here\nsince 11:59:00 UTC, for 1m 0s",
				"flags":   4100.0, "allowed_mentions": object{"parse": []any{}},
			},
		},
		"discord in a thread": {
			options{Kind: "discord"}, "/api/webhooks/1/x?thread_id=7", messages.Critical, "POST /api/webhooks/1/x?thread_id=7&wait=true", nil, nil,
		},
		"mattermost": {
			options{Kind: "mattermost"}, "/hooks/x", messages.Critical, "POST /hooks/x", nil,
			object{"text": "🔴 ALERT dep\\_down:db · web-1\n\\<!channel\\> \\*a\\* \\_b\\_ @\u200bhere\nsince 11:59:00 UTC, for 1m 0s"},
		},
		"matrix rings": {
			options{Kind: "matrix", Token: secret.New("syt_1"), Room: "!a/b:example.org"}, "", messages.Critical,
			"PUT /_matrix/client/v3/rooms/%21a%2Fb:example.org/send/m.room.message/",
			map[string]string{"Authorization": "Bearer syt_1"},
			object{
				"msgtype": "m.text", "body": "🔴 ALERT dep_down:db · web-1\n" + detail + "\nsince 11:59:00 UTC, for 1m 0s", "m.mentions": object{},
				"format":         "org.matrix.custom.html",
				"formatted_body": "<b>🔴 ALERT </b><code>dep_down:db</code><b> · web-1</b><br>&lt;!channel&gt; *a* _b_ @here<br>since 11:59:00 UTC, for 1m 0s",
			},
		},
		"apprise": {
			options{Kind: "apprise", Tags: []string{"ops", "db"}}, "/notify/key", messages.Critical, "POST /notify/key", nil,
			object{"title": "🔴 ALERT dep_down:db · web-1", "body": detail + "\nsince 11:59:00 UTC, for 1m 0s", "type": "failure", "format": "text", "tag": "ops,db"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPeer(t, 200, "ok")
			c.o.URL = secret.New(p.URL + c.path)
			send(t, newChannel(t, c.o), batch(alert("dep_down:db", c.level, detail)))
			got := p.last(t)
			if got.line != c.line && (c.o.Kind != "matrix" || !strings.HasPrefix(got.line, c.line)) {
				t.Errorf("%s, want %s", got.line, c.line)
			}
			for name, want := range c.header {
				if got.header.Get(name) != want {
					t.Errorf("%s: %s, want %s", name, got.header.Get(name), want)
				}
			}
			switch want := c.body.(type) {
			case string:
				if got.body != want {
					t.Errorf("got  %s\nwant %s", got.body, want)
				}
			case object:
				var body object
				if err := json.Unmarshal([]byte(got.body), &body); err != nil || !reflect.DeepEqual(body, want) {
					t.Errorf("got  %s, %v\nwant %v", got.body, err, want)
				}
			}
		})
	}
}

// A retry is the same transaction to Matrix. Other news is another transaction.
func TestARetryIsTheSameTransaction(t *testing.T) {
	p := newPeer(t, 200, "{}")
	ch := newChannel(t, options{Kind: "matrix", URL: secret.New(p.URL), Room: "!a:b"})
	first := batch(alert("dep_down:db", messages.Critical, ""))
	send(t, ch, first)
	one := p.last(t).line
	send(t, ch, first)
	again := p.last(t).line
	first.Items[0].Seq++
	send(t, ch, first)
	if other := p.last(t).line; one != again || one == other {
		t.Errorf("%s, %s, %s", one, again, other)
	}
}

// No form sends more text than its service accepts.
func TestALongTextIsShortened(t *testing.T) {
	limits := map[string]int{"ntfy": 4096, "discord": 2000, "slack": 4000, "mattermost": 4000}
	for kind, n := range limits {
		p := newPeer(t, 200, "")
		long := alert("dep_down:db", messages.Critical, strings.Repeat("日本_語<>&\n", 2000))
		send(t, newChannel(t, options{Kind: kind, URL: secret.New(p.URL + "/x")}), batch(long))
		body := p.last(t).body
		length := len(body) // ntfy counts bytes
		if kind != "ntfy" {
			var sent struct{ Text, Content string }
			_ = json.Unmarshal([]byte(body), &sent)
			length = len([]rune(sent.Text + sent.Content))
		}
		if length > n || length < n/4 || !strings.Contains(body, "lines left out") {
			t.Errorf("%s: %d", kind, length)
		}
	}
}

// Each answer has the meaning that its service documents: delivered, a temporary failure with a
// pause, a permanent one with a remedy, or refused content.
func TestAnswers(t *testing.T) {
	const delivered, soon, forGood, content = "delivered", "soon", "for good", "content"
	date := time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat)
	for _, c := range []struct {
		kind   string
		status int
		header string // NAME: value
		body   string
		want   string
		after  time.Duration
	}{
		{"webhook", 200, "", "", delivered, 0},
		{"webhook", 201, "", "", delivered, 0},
		{"webhook", 202, "", `{"error": "later"}`, delivered, 0},
		{"webhook", 204, "", "", delivered, 0},
		{"webhook", 301, "", "", forGood, 0},
		{"webhook", 400, "", "", content, 0},
		{"webhook", 401, "", "", forGood, 0},
		{"webhook", 403, "", "", forGood, 0},
		{"webhook", 404, "", "", forGood, 0},
		{"webhook", 408, "", "", soon, 0},
		{"webhook", 410, "", "", forGood, 0},
		{"webhook", 413, "", "", content, 0},
		{"webhook", 429, "", "", soon, 30 * time.Second},
		{"webhook", 429, "Retry-After: 7", "", soon, 7 * time.Second},
		{"webhook", 429, "Retry-After: " + date, "", soon, 90 * time.Second},
		{"webhook", 429, "Retry-After: soon", "", soon, 30 * time.Second},
		{"webhook", 429, "Retry-After: -5", "", soon, 30 * time.Second},
		{"webhook", 429, "Retry-After: 1e300", "", soon, 7 * 24 * time.Hour},
		{"webhook", 500, "", "", soon, 0},
		{"webhook", 501, "", "", forGood, 0},
		{"webhook", 503, "Retry-After: 5", "", soon, 5 * time.Second},
		{"ntfy", 400, "", `{"code":40010,"http":400,"error":"topic name is disallowed"}`, forGood, 0},
		{"ntfy", 400, "", `{"code":40011,"http":400,"error":"message must be UTF-8"}`, content, 0},
		{"ntfy", 403, "", `{"code":40301,"http":403,"error":"forbidden"}`, forGood, 0},
		{"ntfy", 429, "", `{"code":42908,"http":429,"error":"daily message quota reached"}`, soon, 30 * time.Second},
		{"ntfy", 507, "", `{"code":50701}`, soon, 0},
		{"gotify", 401, "", `{"error":"Unauthorized","errorCode":401}`, forGood, 0},
		{"slack", 400, "", "invalid_payload", content, 0},
		{"slack", 400, "", "user_not_found", forGood, 0},
		{"slack", 403, "", "action_prohibited", forGood, 0},
		{"slack", 404, "", "channel_not_found", forGood, 0},
		{"slack", 410, "", "channel_is_archived", forGood, 0},
		{"slack", 500, "", "rollup_error", soon, 0},
		{"slack", 429, "Retry-After: 30", "", soon, 30 * time.Second},
		{"slack", 429, "", `{"ok":false,"error":"rate_limited","retry_after":12}`, soon, 12 * time.Second},
		{"discord", 429, "Retry-After: 1", `{"message":"You are being rate limited.","retry_after":1.5,"global":false}`, soon, 1500 * time.Millisecond},
		{"discord", 404, "", `{"message":"Unknown Webhook","code":10015}`, forGood, 0},
		{"discord", 401, "", `{"message":"Invalid Webhook Token","code":50027}`, forGood, 0},
		{"discord", 400, "", `{"message":"Cannot send an empty message","code":50006}`, content, 0},
		{"mattermost", 400, "", `{"id":"web.incoming_webhook.invalid.app_error"}`, forGood, 0},
		{"mattermost", 400, "", `{"id":"web.incoming_webhook.text.app_error"}`, content, 0},
		{"mattermost", 501, "", `{"id":"web.incoming_webhook.disabled.app_error"}`, forGood, 0},
		{"mattermost", 429, "X-Ratelimit-Reset: 3", "limit exceeded", soon, 3 * time.Second},
		{"matrix", 429, "", `{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":2500}`, soon, 2500 * time.Millisecond},
		{"matrix", 401, "", `{"errcode":"M_UNKNOWN_TOKEN"}`, forGood, 0},
		{"matrix", 403, "", `{"errcode":"M_FORBIDDEN"}`, forGood, 0},
		{"matrix", 400, "", `{"errcode":"M_INVALID_PARAM"}`, forGood, 0},
		{"matrix", 413, "", `{"errcode":"M_TOO_LARGE"}`, content, 0},
		{"apprise", 200, "", "", delivered, 0},
		{"apprise", 204, "", "", forGood, 0}, // no service under that key
		{"apprise", 424, "", "", soon, 0},
	} {
		t.Run(fmt.Sprintf("%s %d %s%s", c.kind, c.status, c.header, c.body), func(t *testing.T) {
			p := newPeer(t, c.status, c.body)
			if name, value, found := strings.Cut(c.header, ": "); found {
				p.headers = map[string]string{name: value}
			}
			ch := newChannel(t, options{Kind: c.kind, URL: secret.New(p.URL + "/x"), Room: "!a:b"})
			_, err := ch.Send(t.Context(), batch(alert("dep_down:db", messages.Critical, "")))
			got, after := meaning(err)
			if got != c.want || after < c.after-2*time.Second || after > c.after || c.after < 10*time.Second && after != c.after {
				t.Errorf("%s, retry in %s: %v", got, after, err)
			}
			if len(p.requests) != 1 {
				t.Errorf("%d requests", len(p.requests))
			}
		})
	}
}

func meaning(err error) (string, time.Duration) {
	var f *notifier.Failure
	switch {
	case err == nil:
		return "delivered", 0
	case !errors.As(err, &f):
		return "no Failure", 0
	case f.Permanent && f.Remedy != "":
		return "for good", f.RetryAfter
	case f.Content:
		return "content", f.RetryAfter
	}
	return "soon", f.RetryAfter
}
