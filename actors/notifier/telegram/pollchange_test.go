package telegram_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/notifier/telegram"
	"orchestrator-watchdog/actors/notifier/telegram/fakeapi"
	"orchestrator-watchdog/messages/secret"
)

// reloaded controls a poller in virtual time, whose chats a test changes.
type reloaded struct {
	api     *fakeapi.Server
	changes chan telegram.PollChange
	mu      sync.Mutex
	failing map[string]bool // channels that Failing last named with a reason
	heard   []string        // "channel text"
}

func (r *reloaded) bot(token string) telegram.Options {
	return telegram.Options{Name: "telegram", Token: secret.New(token), Transport: r.api.Transport(), Style: notifier.Style{Zone: time.UTC}, Log: zap.NewNop()}
}

func (r *reloaded) change(token string, chats map[string]string) {
	r.changes <- telegram.PollChange{Bot: r.bot(token), Chats: chats}
	time.Sleep(time.Minute) // one or two polls may come before the change
	synctest.Wait()
}

func (r *reloaded) fails() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(slices.Sorted(maps.Keys(r.failing)), " ")
}

// reloads runs a poller of one chat while do changes its settings.
func reloads(t *testing.T, do func(*reloaded)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &reloaded{api: fakeapi.InMemory(time.Now), changes: make(chan telegram.PollChange, 1), failing: map[string]bool{}}
		p := telegram.NewPoller(telegram.PollOptions{
			Bot: r.bot(fakeapi.Token), Chats: map[string]string{"-1001": "telegram"}, Menu: []telegram.MenuItem{{Name: "status", About: "what is wrong"}},
			Failing: func(channels []string, reason string) {
				r.mu.Lock()
				defer r.mu.Unlock()
				for _, name := range channels {
					if r.failing[name] = reason != ""; reason == "" {
						delete(r.failing, name)
					}
				}
			},
			Handle: func(_ context.Context, s telegram.Incoming) string {
				r.heard = append(r.heard, s.Channel+" "+s.Text)
				return ""
			},
			Listening: func(bool) {}, Changes: r.changes, Log: zap.NewNop(), Now: time.Now,
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- p.Serve(ctx) }()
		time.Sleep(10 * time.Second)
		do(r)
		cancel()
		<-done
	})
}

// When polls fail, exactly the configured chats count as failing. A chat removed by a reload stops
// failing, an added chat fails as well, and another bot starts without failures.
func TestFailingPollsFollowTheConfiguredChats(t *testing.T) {
	reloads(t, func(r *reloaded) {
		r.api.AlwaysOn("getUpdates", fakeapi.ServerError)
		time.Sleep(10 * time.Minute)
		steps := []struct {
			token string
			chats map[string]string
			want  string
		}{
			{fakeapi.Token, map[string]string{"-1001": "telegram"}, "telegram"}, // a reload without a change
			{fakeapi.Token, map[string]string{"-1001": "telegram", "-1002": "night"}, "night telegram"},
			{fakeapi.Token, map[string]string{"-1002": "night"}, "night"},
			{fakeapi.Token, map[string]string{}, ""},
			{fakeapi.Token, map[string]string{"-1002": "night"}, ""}, // not yet failing for five minutes
		}
		if r.fails() != "telegram" {
			t.Errorf("at first %q fails", r.fails())
		}
		for i, step := range steps {
			if r.change(step.token, step.chats); r.fails() != step.want {
				t.Errorf("after change %d %q fails, want %q", i+1, r.fails(), step.want)
			}
		}
		time.Sleep(10 * time.Minute)
		if r.fails() != "night" {
			t.Errorf("later %q fails", r.fails())
		}
		if r.change("999:another", map[string]string{"-1002": "night"}); r.fails() != "" {
			t.Errorf("with another bot %q fails", r.fails())
		}
		r.change(fakeapi.Token, map[string]string{"-1002": "night", "-1003": "day"})
		time.Sleep(10 * time.Minute)
		r.api.AlwaysOn("getUpdates", nil)
		time.Sleep(5 * time.Minute)
		if r.fails() != "" {
			t.Errorf("polls succeed, but %q fails", r.fails())
		}
	})
}

// The menu is offered once in every chat, including chats added by a reload.
func TestTheMenuIsOfferedInNewChats(t *testing.T) {
	reloads(t, func(r *reloaded) {
		for i, step := range []struct {
			chats map[string]string
			want  int
		}{
			{map[string]string{"-1001": "telegram"}, 1},
			{map[string]string{"-1001": "telegram", "-1002": "night", "-1003": "day"}, 3},
			{map[string]string{"-1003": "day"}, 3},
			{map[string]string{"-1001": "telegram"}, 3},
		} {
			r.change(fakeapi.Token, step.chats)
			if n := r.api.Asked("setMyCommands"); n != step.want {
				t.Errorf("after change %d the menu was offered %d times, want %d", i+1, n, step.want)
			}
		}
	})
}

// A group that became a supergroup is still heard after a reload, while it is configured.
func TestAMovedGroupIsHeardAfterAReload(t *testing.T) {
	reloads(t, func(r *reloaded) {
		says := func(chat, text string) {
			r.api.Writes(fakeapi.Writing{Chat: chat, By: fakeapi.Person{ID: 7, Name: "Ann"}, Text: text})
			time.Sleep(10 * time.Second)
			synctest.Wait()
		}
		r.api.Update(map[string]any{"message": map[string]any{"message_id": 900, "date": time.Now().Unix(), "chat": map[string]any{"id": -1001, "type": "group"}, "migrate_to_chat_id": -100777}})
		says("-100777", "/one")
		r.change(fakeapi.Token, map[string]string{"-1001": "renamed"})
		says("-100777", "/two")
		r.change(fakeapi.Token, map[string]string{"-1002": "night"})
		says("-100777", "/three")
		if got := fmt.Sprint(r.heard); got != "[telegram /one renamed /two  /three]" {
			t.Errorf("heard %q", got)
		}
	})
}
