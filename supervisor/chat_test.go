package supervisor_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/notifier/telegram"
	"orchestrator-watchdog/actors/notifier/telegram/fakeapi"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/secret"
	"orchestrator-watchdog/supervisor"
)

// alternating runs a tree for ten minutes whose one signal changes every two minutes. It returns
// when each message arrived in the chat, relative to the start.
func alternating(t *testing.T, chat func(*fakeapi.Server, *supervisor.Parts), meanwhile func(*fakeapi.Server)) (arrived []time.Duration, r *rig) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		api := fakeapi.InMemory(time.Now)
		ch, err := telegram.New(telegram.Options{
			Name: "telegram", Token: secret.New(fakeapi.Token), ChatID: "-1001", Transport: api.Transport(), Buttons: true,
			Style: notifier.Style{Host: "web-1", Zone: time.UTC}, Log: zap.NewNop(),
		})
		if err != nil {
			t.Fatal(err)
		}
		r = runWith(func(p *supervisor.Parts) { chat(api, p) }, []supervisor.ProbePart{observing("db", "dep_down:db", func(d time.Duration) messages.Level {
			if int(d/(2*time.Minute))%2 == 1 {
				return messages.Critical
			}
			return messages.OK
		})}, ch)
		for range 100 {
			time.Sleep(6 * time.Second)
			meanwhile(api)
		}
		for _, m := range api.Messages() {
			if strings.Contains(m.Plain, "dep_down:db") {
				arrived = append(arrived, m.At.Sub(r.start))
			}
		}
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
	return arrived, r
}

// If the chat actor panics on everything that anybody writes, alerts arrive at the same times as
// without it.
func TestAChatActorThatPanicsDelaysNoAlert(t *testing.T) {
	quiet, _ := alternating(t, func(*fakeapi.Server, *supervisor.Parts) {}, func(*fakeapi.Server) {})
	panicking := func(api *fakeapi.Server, p *supervisor.Parts) {
		p.Services = func(*supervisor.Tree) []supervisor.Service {
			return []supervisor.Service{telegram.NewPoller(telegram.PollOptions{
				Bot:   telegram.Options{Name: "telegram", Token: secret.New(fakeapi.Token), Transport: api.Transport(), Style: notifier.Style{Zone: time.UTC}, Log: zap.NewNop()},
				Chats: map[string]string{"-1001": "telegram"}, Failing: func([]string, string) {}, Listening: func(bool) {}, Log: zap.NewNop(), Now: time.Now,
				Handle: func(context.Context, telegram.Incoming) string { panic("boom") },
			})}
		}
	}
	writes := func(api *fakeapi.Server) {
		api.Writes(fakeapi.Writing{Chat: "-1001", By: fakeapi.Person{ID: 7, Name: "Ann"}, Text: "/status"})
	}
	disturbed, r := alternating(t, panicking, writes)
	if panics := r.logs.FilterMessage("actor_panicked").Len(); panics < 90 {
		t.Errorf("%d panics, although somebody wrote a hundred times", panics)
	}
	if len(quiet) < 4 || len(disturbed) != len(quiet) {
		t.Fatalf("messages arrived at %v, and at %v without the chat actor", disturbed, quiet)
	}
	for i := range quiet {
		if quiet[i] != disturbed[i] {
			t.Errorf("message %d arrived at %s, and at %s without the chat actor", i, disturbed[i], quiet[i])
		}
	}
}
