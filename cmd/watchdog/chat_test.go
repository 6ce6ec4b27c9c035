package main

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/notifier/telegram/fakeapi"
)

var ann = fakeapi.Person{ID: 7, Name: "Ann"}

// answered waits for a reply to a message that contains the text.
func answered(t *testing.T, api *fakeapi.Server, to int64, text string) fakeapi.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var found fakeapi.Message
	if _, err := api.Wait(ctx, func(all []fakeapi.Message) bool {
		for _, m := range all {
			if m.ReplyTo == to && strings.Contains(m.Plain, text) {
				found = m
				return true
			}
		}
		return false
	}); err != nil {
		t.Fatalf("no reply to message %d with %q: %v", to, text, err)
	}
	return found
}

// shows waits until a message has these buttons.
func shows(t *testing.T, api *fakeapi.Server, id int64, want ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var got []string
	if _, err := api.Wait(ctx, func(all []fakeapi.Message) bool {
		for _, m := range all {
			if m.ID == id {
				got = nil
				for _, row := range m.Buttons {
					for _, b := range row {
						got = append(got, b.Text)
					}
				}
			}
		}
		return slices.EqualFunc(got, want, func(a, b string) bool { return strings.HasPrefix(a, b) })
	}); err != nil {
		t.Fatalf("message %d has the buttons %q, want %q", id, got, want)
	}
}

// Commands and buttons in the chat are executed, answered as a reply, logged and counted.
func TestTheChatAnswers(t *testing.T) {
	t.Parallel()
	file := newSettingsFile(t, "dependencies:\n- {name: db, tcp: {addr: '"+freeAddress(t)+"'}}\n- {name: cache, tcp: {addr: '"+freeAddress(t)+"'}}\n")
	api := chat(t)
	d := start(t, append(telegramSettings(api), "WATCHDOG_CONFIG="+file.path)...)
	db := find(t, api, "ALERT dep_down:db")
	cache := find(t, api, "ALERT dep_down:cache")
	shows(t, api, db.ID, "Ack", "Silence 1h", "Why")

	asks := func(text string, replyTo int64) int64 {
		return api.Writes(fakeapi.Writing{Chat: db.Chat, By: ann, Text: text, ReplyTo: replyTo})
	}
	answered(t, api, asks("/status", 0), "dep_down:db critical")
	answered(t, api, asks("/why dep_down:db", 0), "policy: raised after")
	answered(t, api, asks("/why@"+fakeapi.BotName, db.ID), "dep_down:db is critical")
	answered(t, api, asks("/ack dep_", 0), "matches several signals: dep_down:cache, dep_down:db")
	answered(t, api, asks("/ack", db.ID), "dep_down:db is acknowledged by Ann")
	d.logged("acknowledged", func(l map[string]any) bool {
		return l["signal"] == "dep_down:db" && l["by"] == "Ann" && l["channel"] == "telegram"
	})
	shows(t, api, db.ID, "✓ Ann")
	answered(t, api, asks("/silence dep_*:cache 2h moving it", 0), "s1: nothing is told of dep_*:cache until")
	answered(t, api, asks("/silences", 0), "by Ann: moving it")
	answered(t, api, asks("/unsilence s1", 0), "s1 was ended by Ann")
	answered(t, api, asks("/check", 0), "dep_down:cache critical")
	answered(t, api, asks("/help", 0), "/silence GLOB 2h [reason]")
	d.logged("command", func(l map[string]any) bool {
		return l["command"] == "ack" && l["channel"] == "telegram" && l["outcome"] == "done"
	})

	if m := answered(t, api, asks("/chart dep_down:db 1h", 0), "dep_down:db"); !m.Picture {
		t.Errorf("no picture: %+v", m)
	}

	press := api.Presses(ann, cache, "Silence 1h")
	answered(t, api, cache.ID, "nothing is told of dep_down:cache until")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, err := api.Wait(ctx, func([]fakeapi.Message) bool { return strings.Contains(api.Answered(press), "s2") }); err != nil {
		t.Errorf("the person who pressed was told %q", api.Answered(press))
	}
	api.Presses(ann, cache, "Why")
	answered(t, api, cache.ID, "silenced by s2")
	api.Presses(ann, cache, "Ack")
	answered(t, api, cache.ID, "dep_down:cache is acknowledged by Ann")
	shows(t, api, cache.ID, "✓ Ann")

	// Old commands, other chats, and unknown commands in a group.
	answered(t, api, api.Writes(fakeapi.Writing{Chat: db.Chat, By: ann, Text: "/ack", At: time.Now().Add(-11 * time.Minute)}), "too old")
	before := len(api.Messages())
	api.Writes(fakeapi.Writing{Chat: "-100999", By: ann, Text: "/status"})
	api.Writes(fakeapi.Writing{Chat: db.Chat, By: ann, Text: "/dance"})
	d.logged("command", func(l map[string]any) bool { return l["command"] == "unknown" && l["outcome"] == "ignored" })
	d.logged("command", func(l map[string]any) bool { return l["channel"] == "other" && l["outcome"] == "ignored" })
	if more := len(api.Messages()) - before; more != 0 {
		t.Errorf("%d answers to another chat or an unknown command", more)
	}
	if code, _ := d.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// Only operators may change what is told; the others may ask.
func TestOnlyOperatorsMayAcknowledge(t *testing.T) {
	t.Parallel()
	file := newSettingsFile(t, "dependencies:\n- {name: db, tcp: {addr: '"+freeAddress(t)+"'}}\n")
	api := chat(t)
	d := start(t, append(telegramSettings(api), "WATCHDOG_CONFIG="+file.path, "WATCHDOG_TELEGRAM_OPERATORS=8, 9")...)
	db := find(t, api, "ALERT dep_down:db")
	asks := func(by fakeapi.Person, text string) int64 {
		return api.Writes(fakeapi.Writing{Chat: db.Chat, By: by, Text: text})
	}
	answered(t, api, asks(ann, "/ack db"), "only operators may")
	answered(t, api, asks(ann, "/status"), "dep_down:db critical")
	answered(t, api, asks(fakeapi.Person{ID: 9, Name: "Bob"}, "/ack db"), "acknowledged by Bob")
	answered(t, api, api.Writes(fakeapi.Writing{Chat: db.Chat, Text: "/unsilence all", Anonymous: true}), "only operators may")
	d.stop()
}

// With WATCHDOG_TELEGRAM_COMMANDS=false there are no buttons and no polls.
func TestTheChatCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	api, orch := chat(t), newOrchestrator(t)
	orch.answers(failing)
	d := start(t, append(telegramSettings(api), "WATCHDOG_ORCH_URL="+orch.URL, "WATCHDOG_TELEGRAM_COMMANDS=false")...)
	if m := find(t, api, "ALERT orch_down"); len(m.Buttons) != 0 {
		t.Errorf("buttons %v", m.Buttons)
	}
	if n := api.Asked("getUpdates"); n != 0 {
		t.Errorf("%d polls", n)
	}
	d.stop()
}

// With WATCHDOG_TELEGRAM_CHARTS a chart follows the alert of a signal with a value, as a reply.
func TestAPictureFollowsAnAlert(t *testing.T) {
	t.Parallel()
	file := newSettingsFile(t, "dependencies:\n- {name: db, tcp: {addr: '"+freeAddress(t)+"'}}\n")
	api := chat(t)
	d := start(t, append(telegramSettings(api), "WATCHDOG_CONFIG="+file.path, "WATCHDOG_TELEGRAM_CHARTS=true")...)
	alert := find(t, api, "ALERT dep_down:db")
	if m := answered(t, api, alert.ID, "dep_down:db"); !m.Picture || !m.Silent {
		t.Errorf("got %+v", m)
	}
	d.stop()
}

// The recovery removes the buttons, and a button of an earlier trouble does not affect a later one.
func TestButtonsGoWithTheTrouble(t *testing.T) {
	t.Parallel()
	api, orch := chat(t), newOrchestrator(t)
	orch.answers(failing)
	d := start(t, append(telegramSettings(api), "WATCHDOG_ORCH_URL="+orch.URL)...)
	first := find(t, api, "ALERT orch_down")
	orch.answers(envelope(1))
	find(t, api, "RECOVERED orch_down")
	shows(t, api, first.ID)
	orch.answers(failing)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	all, err := api.Wait(ctx, func(all []fakeapi.Message) bool {
		n := 0
		for _, m := range all {
			if strings.Contains(m.Plain, "ALERT orch_down") {
				n++
			}
		}
		return n == 2
	})
	if err != nil {
		t.Fatal(err)
	}
	api.Presses(ann, first, "Ack")
	answered(t, api, first.ID, "that trouble of orch_down is over")
	if d.count("acknowledged") != 0 {
		t.Error("an old button acknowledged a new trouble")
	}
	api.Presses(ann, all[len(all)-1], "Ack")
	answered(t, api, all[len(all)-1].ID, "orch_down is acknowledged by Ann")
	d.stop()
}
