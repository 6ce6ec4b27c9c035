package telegram_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/notifier/telegram"
	"orchestrator-watchdog/actors/notifier/telegram/fakeapi"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/secret"
)

// heard handles what a poller hears, and records it.
type heard struct {
	mu     sync.Mutex
	said   []telegram.Incoming
	panics int // the number of first updates that cause a panic
	grown  chan struct{}
}

func (h *heard) handle(_ context.Context, s telegram.Incoming) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.panics > 0 {
		h.panics--
		panic("boom")
	}
	h.said = append(h.said, s)
	h.grown <- struct{}{}
	return "done"
}

// next waits for the next text or press.
func (h *heard) next(t *testing.T) telegram.Incoming {
	t.Helper()
	select {
	case <-h.grown:
	case <-time.After(15 * time.Second):
		t.Fatal("nothing was heard")
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.said[len(h.said)-1]
}

// listen runs a poller until the test ends, and restarts it after a panic.
func listen(t *testing.T, api *fakeapi.Server, h *heard, log *zap.Logger) {
	t.Helper()
	h.grown = make(chan struct{}, 100)
	p := telegram.NewPoller(telegram.PollOptions{
		Bot: telegram.Options{
			Name: "telegram", Token: secret.New(fakeapi.Token), APIURL: api.URL(), Style: notifier.Style{Zone: time.UTC}, Log: zap.NewNop(),
		},
		Chats: map[string]string{"-1001": "telegram", "@ops": "posts"}, Handle: h.handle, Failing: func([]string, string) {}, Listening: func(bool) {}, Log: log, Now: time.Now,
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			func() {
				defer func() { _ = recover() }()
				_ = p.Serve(ctx)
			}()
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
}

// Everything that people write is heard once, with its author, its chat, and its signals.
func TestThePollerHandlesTextsAndPresses(t *testing.T) {
	api := fakeapi.New()
	t.Cleanup(api.Close)
	ch := newChannel(t, nil, func(o *telegram.Options) { o.APIURL, o.Buttons = api.URL(), true })
	sent, err := ch.Send(t.Context(), notifier.Batch{Items: []messages.Notification{{
		Seq: 1, News: messages.Alert, Signal: "dep_down:db", Level: messages.Critical, Trouble: 5, Since: time.Now(), At: time.Now(),
	}}})
	if err != nil {
		t.Fatal(err)
	}
	h := &heard{}
	listen(t, api, h, zap.NewNop())
	ann := fakeapi.Person{ID: 7, Name: "Ann"}

	api.Writes(fakeapi.Writing{Chat: "-1001", By: ann, Text: "/ack", Topic: 3, ReplyTo: sent.MessageID})
	if s := h.next(t); s.Channel != "telegram" || s.By != "Ann" || s.User != 7 || s.Thread != 3 || len(s.About) != 1 || s.About[0] != "dep_down:db" {
		t.Errorf("a reply: %+v", s)
	}
	api.Writes(fakeapi.Writing{Chat: "-1001", By: ann, Caption: "/status"})
	if s := h.next(t); s.Text != "/status" {
		t.Errorf("a caption: %+v", s)
	}
	api.Writes(fakeapi.Writing{Chat: "-1001", Text: "/status", Anonymous: true})
	if s := h.next(t); s.User != 0 || s.By == "" {
		t.Errorf("an anonymous admin: %+v", s)
	}
	api.Writes(fakeapi.Writing{Chat: "@ops", Text: "/status", Post: true})
	if s := h.next(t); s.Channel != "posts" || s.User != 0 {
		t.Errorf("a post in a channel: %+v", s)
	}
	api.Writes(fakeapi.Writing{Chat: "-1002", By: ann, Text: "/status"})
	if s := h.next(t); s.Channel != "" {
		t.Errorf("another chat: %+v", s)
	}
	press := api.Presses(ann, api.Messages()[0], "Ack")
	if s := h.next(t); s.Press == "" || s.Message != sent.MessageID || s.By != "Ann" {
		t.Errorf("a press: %+v", s)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := api.Wait(ctx, func([]fakeapi.Message) bool { return api.Answered(press) == "done" }); err != nil {
		t.Errorf("the press was answered with %q", api.Answered(press))
	}

	// A group that became a supergroup is heard under its new id.
	api.Update(map[string]any{"message": map[string]any{"message_id": 900, "date": time.Now().Unix(), "chat": map[string]any{"id": -1001, "type": "group"}, "migrate_to_chat_id": -100777}})
	api.Writes(fakeapi.Writing{Chat: "-100777", By: ann, Text: "/status"})
	if s := h.next(t); s.Channel != "telegram" {
		t.Errorf("the supergroup: %+v", s)
	}

	// A repeated update is heard once.
	before := len(h.said)
	api.Again()
	api.Writes(fakeapi.Writing{Chat: "-1001", By: ann, Text: "/help"})
	if s := h.next(t); s.Text != "/help" || len(h.said) != before+1 {
		t.Errorf("%d updates were heard again, the last %+v", len(h.said)-before-1, s)
	}
}

// The poller does not ask again for an update that caused a panic.
func TestAnUpdateThatPanicsIsSkipped(t *testing.T) {
	api := fakeapi.New()
	t.Cleanup(api.Close)
	h := &heard{panics: 2}
	ann := fakeapi.Person{ID: 7, Name: "Ann"}
	for _, text := range []string{"/one", "/two", "/three"} {
		api.Writes(fakeapi.Writing{Chat: "-1001", By: ann, Text: text})
	}
	listen(t, api, h, zap.NewNop())
	if s := h.next(t); s.Text != "/three" {
		t.Errorf("heard %+v", s)
	}
}

// If another program polls, or a webhook is set, the poller stands back with one warning.
func TestThePollerStandsBackFromAnother(t *testing.T) {
	for name, c := range map[string]struct {
		fault fakeapi.Refusal
		want  string
	}{
		"another poller": {fakeapi.Conflict, "another program asks for this bot's updates"},
		"a webhook":      {fakeapi.WebhookSet, "a webhook is set for this bot"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := fakeapi.New()
			t.Cleanup(api.Close)
			api.AlwaysOn("getUpdates", c.fault)
			zapCore, logs := observer.New(zap.WarnLevel)
			listen(t, api, &heard{}, zap.New(zapCore))
			deadline := time.Now().Add(15 * time.Second)
			for logs.Len() == 0 && time.Now().Before(deadline) {
				time.Sleep(20 * time.Millisecond)
			}
			if logs.Len() != 1 || logs.All()[0].Message != "config_warning" || !strings.Contains(logs.All()[0].ContextMap()["detail"].(string), c.want) {
				t.Errorf("warned %v", logs.All())
			}
			if n := api.Asked("getUpdates"); n > 2 {
				t.Errorf("%d polls", n)
			}
		})
	}
}
