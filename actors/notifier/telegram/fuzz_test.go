package telegram

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/secret"
)

const fuzzToken = "123456:AAhunter2-hunter2_hunter2-hunter2xx"

// says answers every request with the same status and body.
type says struct {
	status int
	body   string
}

// RoundTrip implements http.RoundTripper.
func (s says) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: s.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(s.body)), Request: r}, nil
}

// For any answer of the Bot API to a message, Send succeeds or fails, the requested pause is not
// negative, and the error does not show the token.
func FuzzAnswer(f *testing.F) {
	f.Add(200, `{"ok":true,"result":{"message_id":7,"date":1,"chat":{"id":-1001,"type":"group"}}}`)
	f.Add(429, `{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":9223372036854775807}}`)
	f.Add(400, `{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded","parameters":{"migrate_to_chat_id":-7}}`)
	f.Add(400, `{"ok":false,"error_code":400,"description":"can't parse entities `+fuzzToken+`\u202e"}`)
	f.Add(403, `{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}`)
	f.Add(502, "<html>Bad Gateway</html>")
	f.Add(200, `{"ok":true,"result":[]}`)
	batch := notifier.Batch{At: time.Unix(1e9, 0), Items: []messages.Notification{{
		Seq: 1, News: messages.Alert, Signal: "dep_down:db", Level: messages.Critical, Detail: "refused", Since: time.Unix(1e9, 0), At: time.Unix(1e9, 0),
	}}}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 100 || status > 999 {
			return
		}
		c, err := New(Options{Name: "telegram", Token: secret.New(fuzzToken), ChatID: "-1001", Transport: says{status, body}, Style: notifier.Style{Host: "web-1", Zone: time.UTC}, Log: zap.NewNop()})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Send(t.Context(), batch)
		var failure *notifier.Failure
		if err == nil {
			return
		}
		if !errors.As(err, &failure) {
			failure = &notifier.Failure{}
		}
		if shown := err.Error() + failure.Remedy; strings.Contains(shown, fuzzToken) || strings.ContainsAny(shown, "\r\n\x00\u202e") || len(shown) > 1000 {
			t.Errorf("the error shows %q", shown)
		}
		if failure.RetryAfter < 0 {
			t.Errorf("a pause of %s", failure.RetryAfter)
		}
	})
}

// Any update is read or skipped, and the name of its author is one short line.
func FuzzUpdate(f *testing.F) {
	f.Add(`{"update_id":7,"message":{"message_id":1,"date":1,"chat":{"id":-1001,"type":"group"},"from":{"id":7,"first_name":"Ann\u202e\n"},"text":"/ack"}}`)
	f.Add(`{"update_id":7,"message":{"message_id":1,"date":1,"chat":{"id":-1001,"type":"group"},"text":"/why","reply_to_message":{"message_id":2,"date":1,"chat":{"id":-1001},"from":{"id":123456,"is_bot":true},"text":"abc","entities":[{"type":"code","offset":1,"length":99}]}}}`)
	f.Add(`{"update_id":8,"callback_query":{"id":"1","from":{"id":7},"message":{"message_id":3,"date":0,"chat":{"id":-1001}},"data":"a1"}}`)
	f.Add(`{"update_id":8,"callback_query":{"id":"1","from":{"id":7}}}`)
	f.Add(`{"update_id":9,"channel_post":{"message_id":3,"date":1,"chat":{"id":-1001,"username":"X"},"sender_chat":{"id":1,"title":"t"},"caption":"/status"}}`)
	f.Add(`{"update_id":9,"message":{"chat":{"id":-1001},"migrate_to_chat_id":-7}}`)
	f.Add(`{"update_id":"x"}`)
	f.Fuzz(func(t *testing.T, text string) {
		if !json.Valid([]byte(text)) {
			return // poll fails on invalid JSON
		}
		p := NewPoller(PollOptions{
			Bot:   Options{Name: "telegram", Token: secret.New(fuzzToken), Transport: says{200, `{"ok":true,"result":true}`}, Style: notifier.Style{Zone: time.UTC}, Log: zap.NewNop()},
			Chats: map[string]string{"-1001": "telegram"}, Log: zap.NewNop(), Now: time.Now,
		})
		u := p.read(json.RawMessage(text))
		p.followMigration(&u)
		if said, ok := p.incoming(&u); ok && (len(said.By) > maxName+10 || strings.ContainsAny(said.By, "\r\n\x00\u202e")) {
			t.Errorf("the author is %q", said.By)
		}
	})
}
