package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/notifier/telegram/fakeapi"
)

// untilHeld waits until the state file contains a text.
func untilHeld(t *testing.T, path, text string) {
	t.Helper()
	for limit := time.Now().Add(stepPatience); ; time.Sleep(5 * time.Millisecond) {
		content, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(content), text) {
			return
		}
		if time.Now().After(limit) {
			t.Fatalf("timeout waiting for %q in the state file (%v)", text, err)
		}
	}
}

// Acknowledgements and silences outlive a restart. Buttons of messages from before still work, and
// disappear with the recovery.
func TestTheChatGoesOnAfterARestart(t *testing.T) {
	t.Parallel()
	orch, api, settings := down(t)
	path := filepath.Join(t.TempDir(), "state")
	settings = append(settings, "WATCHDOG_STATE_FILE="+path, "WATCHDOG_COOLDOWN=1s")
	d := start(t, settings...)
	alert := find(t, api, "ALERT orch_down")
	asks := func(text string) int64 {
		return api.Writes(fakeapi.Writing{Chat: alert.Chat, By: ann, Text: text})
	}
	api.Presses(ann, alert, "Ack")
	answered(t, api, alert.ID, "orch_down is acknowledged by Ann")
	answered(t, api, asks("/silence dep_* 2h moving it"), "s1: nothing is told of dep_*")
	if out, errs, code := d.asks("silence", "host_*", "--for", "1h"); code != 0 || !strings.Contains(out, "s2:") {
		t.Errorf("exit code %d: %q %q", code, out, errs)
	}
	if code, _ := d.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}

	second := start(t, settings...)
	if line := second.logged("started", nil); line["restored"] != true {
		t.Errorf("got %v", line)
	}
	answered(t, api, asks("/status"), "acknowledged by Ann at")
	answered(t, api, asks("/silences"), "dep_* until")
	api.Presses(fakeapi.Person{ID: 8, Name: "Bob"}, alert, "Ack")
	answered(t, api, alert.ID, "orch_down was acknowledged already, by Ann")
	if out, errs, code := second.asksUntil(0, "silence", "container_*", "--for", "1h"); code != 0 || !strings.Contains(out, "s3: nothing is told of container_*") {
		t.Errorf("another silence: exit code %d: %q %q", code, out, errs)
	}
	orch.answers(envelope(1))
	if m := find(t, api, "RECOVERED orch_down"); m.ReplyTo != alert.ID {
		t.Errorf("got %+v", m)
	}
	shows(t, api, alert.ID)
	for _, m := range api.Messages() {
		if strings.Contains(m.Plain, "STILL orch_down") && m.At.After(second.loggedAt(t, "started")) {
			t.Errorf("a reminder of what Ann acknowledged: %q", m.Plain)
		}
	}
	second.stop()
}

// loggedAt returns when an event was logged.
func (d *daemon) loggedAt(t *testing.T, event string) time.Time {
	t.Helper()
	text, _ := d.logged(event, nil)["ts"].(string)
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// After a power cut between a command and its answer, Telegram delivers the command again. It is
// obeyed once.
func TestAPowerCutBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	_, api, settings := down(t)
	path := filepath.Join(t.TempDir(), "state")
	settings = append(settings, "WATCHDOG_STATE_FILE="+path)
	d := start(t, settings...)
	alert := find(t, api, "ALERT orch_down")
	untilKept(t, path, func(s snapshot) bool { return s.there && len(s.pending) == 0 }, "the alert as delivered")
	api.AlwaysOn("sendMessage", fakeapi.Hang{})
	ack := api.Writes(fakeapi.Writing{Chat: alert.Chat, By: ann, Text: "/ack orch_down"})
	silence := api.Writes(fakeapi.Writing{Chat: alert.Chat, By: ann, Text: "/silence dep_* 2h moving it"})
	d.logged("acknowledged", nil)
	d.logged("silenced", nil)
	untilHeld(t, path, `"moving it"`)
	d.kill()
	if n := len(api.Messages()); n != 1 {
		t.Fatalf("%d messages, want no answers", n)
	}

	api.AlwaysOn("sendMessage", nil)
	api.Again()
	second := start(t, settings...)
	answered(t, api, ack, "orch_down was acknowledged already, by Ann")
	answered(t, api, silence, "s1: nothing is told of dep_*")
	second.stop()
	if a, s := d.count("acknowledged")+second.count("acknowledged"), d.count("silenced")+second.count("silenced"); a != 1 || s != 1 {
		t.Errorf("acknowledged %d times and silenced %d times, want once each", a, s)
	}
}

// While another program polls the bot there is one warning; alerts come as usual but without buttons,
// and the channel does not count as failing.
func TestAnotherProgramHasTheBot(t *testing.T) {
	t.Parallel()
	orch, api, settings := down(t)
	api.AlwaysOn("getUpdates", fakeapi.Conflict)
	d := start(t, settings...)
	find(t, api, "ALERT orch_down")
	d.logged("config_warning", func(l map[string]any) bool {
		return strings.Contains(l["detail"].(string), "another program asks for this bot's updates")
	})
	orch.answers(envelope(1))
	find(t, api, "RECOVERED orch_down")
	orch.answers(broken)
	if again := wait(t, api, 3)[2]; again.FirstLine() != "🔴 ALERT orch_down · web-1" || len(again.Buttons) != 0 {
		t.Errorf("it has buttons that nobody reads: %+v", again)
	}
	d.stop()
	if n := api.Asked("getUpdates"); n != 2 || strings.Contains(d.written(), "watchdog_delivery:telegram is") || len(api.Messages()) != 3 {
		t.Errorf("%d polls, %d messages", n, len(api.Messages()))
	}
}
