package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// Commands to the running daemon show the status, acknowledge, silence, draw charts and end the
// silence. Each shows in the answers, in /status and in the log.
func TestOperatingTheDaemon(t *testing.T) {
	t.Parallel()
	file := newSettingsFile(t, "dependencies:\n- {name: db, tcp: {addr: '"+freeAddress(t)+"'}}\n- {name: cache, tcp: {addr: '"+freeAddress(t)+"'}}\n")
	api := chat(t)
	d := start(t, append(telegramSettings(api), "WATCHDOG_CONFIG="+file.path)...)
	find(t, api, "ALERT dep_down:db")
	find(t, api, "ALERT dep_down:cache")

	expect := func(code int, want []string, args ...string) string {
		t.Helper()
		out, errs, got := d.asks(args...)
		for _, text := range want {
			if !strings.Contains(out+errs, text) {
				t.Errorf("%v: no %q in %q %q", args, text, out, errs)
			}
		}
		if got != code {
			t.Errorf("%v: exit code %d, want %d: %q %q", args, got, code, out, errs)
		}
		return out
	}
	expect(1, []string{"SIGNAL", "dep_down:db     critical", "connection refused", "since ", "channel telegram: well"}, "status")
	expect(0, []string{"dep_down:db is acknowledged"}, "ack", "dep_down:db")
	expect(0, []string{"was acknowledged already, by root at "}, "ack", "down:db")
	d.logged("acknowledged", func(l map[string]any) bool {
		return l["signal"] == "dep_down:db" && l["by"] == "root" && l["channel"] == "control"
	})
	expect(1, []string{`"dep_" matches several signals: dep_down:cache, dep_down:db`}, "ack", "dep_")
	expect(1, []string{`there is no signal "nothing"`}, "ack", "nothing")
	expect(2, []string{"it needs a KEY"}, "ack")
	expect(0, []string{"s1: nothing is told of dep_*:cache until ", "covers 1 known signals", "critical among them now: dep_down:cache"}, "silence", "dep_*:cache", "--for", "2h", "--reason", "moving it")
	d.logged("silenced", func(l map[string]any) bool { return l["id"] == "s1" && l["reason"] == "moving it" })
	expect(0, []string{"silence s1: dep_*:cache until ", ", by root: moving it"}, "silences")
	expect(2, []string{"it needs --for"}, "silence", "*")
	expect(2, []string{"at most 30d"}, "silence", "*", "--for", "31d")

	var status struct {
		Signals []struct {
			Key          string
			Acknowledged *struct{ By string }
			SilencedBy   []string `json:"silenced_by"`
		}
		Silences []struct{ ID string }
	}
	if err := json.Unmarshal([]byte(expect(1, nil, "status", "--json")), &status); err != nil {
		t.Fatal(err)
	}
	for _, s := range status.Signals {
		switch s.Key {
		case "dep_down:db":
			if s.Acknowledged == nil || s.Acknowledged.By != "root" {
				t.Errorf("got %+v", s)
			}
		case "dep_down:cache":
			if strings.Join(s.SilencedBy, " ") != "s1" || s.Acknowledged != nil {
				t.Errorf("got %+v", s)
			}
		}
	}
	expect(0, []string{"dep_down:cache, ", " UTC", "┤"}, "chart", "cache", "--over", "10m")
	if picture := expect(0, nil, "chart", "dep_down:cache", "--png", "-"); !strings.HasPrefix(picture, "\x89PNG\r\n") {
		t.Errorf("no picture: %.20q", picture)
	}
	expect(1, []string{`there is no signal "nothing"`}, "chart", "nothing")
	expect(2, []string{"it needs one KEY"}, "chart")
	expect(2, []string{"--over must be a minute or more"}, "chart", "cache", "--over", "1s")
	expect(1, []string{`there is no silence "s9"`}, "unsilence", "s9")
	expect(0, []string{"s1 has ended: dep_*:cache"}, "unsilence", "s1")
	expect(0, []string{"there is no silence"}, "unsilence", "--all")
	expect(2, []string{"it needs an ID or --all"}, "unsilence")
	d.logged("unsilenced", func(l map[string]any) bool { return l["id"] == "s1" })
	d.logged("command", func(l map[string]any) bool { return l["command"] == "ack" && l["outcome"] == "done" })
	if code, _ := d.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	expect(1, []string{"no watchdog answers at"}, "status")
}
