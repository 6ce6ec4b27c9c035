package assembly

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/config"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor"
)

// listed makes the channels of a file, besides two chats of the variables.
func listed(t *testing.T, yaml string) (*config.Config, []supervisor.ChannelPart, error) {
	t.Helper()
	return listedBeside(t, yaml, "WATCHDOG_TELEGRAM_TOKEN=123456:hunter2-hunter2-hunter2", "WATCHDOG_TELEGRAM_CHAT_ID=-1001,-1002")
}

// listedBeside makes the channels of a file, and those of variables.
func listedBeside(t *testing.T, yaml string, env ...string) (*config.Config, []supervisor.ChannelPart, error) {
	t.Helper()
	c, _, err := Load(config.Source{
		Environ: append(env, "WATCHDOG_CONFIG=/w.yaml", "WATCHDOG_HOST_LABEL=web-1", "WATCHDOG_LABELS=team=ops"),
		ReadFile: func(path string) ([]byte, error) {
			switch path {
			case "/w.yaml":
				return []byte(yaml), nil
			case "/hook":
				return []byte("https://hook.example.org/hunter2-hunter2\n"), nil
			}
			return nil, fs.ErrNotExist
		},
	})
	if err != nil {
		return c, nil, err
	}
	parts, err := Channels(c, zap.NewNop())
	return c, parts, err
}

// Each example in the documents makes a channel.
func TestTheExamplesOfChannels(t *testing.T) {
	for _, kind := range channelKinds {
		for _, example := range kind.Examples {
			_, parts, err := listed(t, "channels:\n  - "+example+"\n")
			if err != nil || len(parts) != 4 {
				t.Errorf("%s: %d channels, %v", example, len(parts), err)
			}
		}
		if len(kind.Examples) == 0 {
			t.Errorf("%s has no example", kind.Name)
		}
	}
}

// The bot of the variables reads commands in each chat of the file that uses it, even if the chat
// names the token itself.
func TestTheChatsWithCommands(t *testing.T) {
	c, _, err := listed(t, `channels:
  - {name: same, telegram: {chat_id: "-1003", token: "123456:hunter2-hunter2-hunter2"}}
  - {name: without, telegram: {chat_id: "-1004"}}
  - {name: other, telegram: {chat_id: "-1005", token: "654321:hunter2-hunter2-hunter2"}}
`)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(Chats(c)); got != "map[-1001:telegram -1002:telegram:2 -1003:same -1004:without]" {
		t.Errorf("got %s", got)
	}
}

// An error in a channel names its line and column, and no secret.
func TestWrongChannels(t *testing.T) {
	for text, want := range map[string]string{
		"{ntfy: {url: 'http://a/b'}}": "/w.yaml:1:12: channels[0]: a channel needs a name",
		"{name: a}":                   "channels[0]: a channel is of exactly one kind, and this one of 0: alertmanager, apprise, ",
		"{name: a, ntfy: {url: 'http://a/b'}, slack: {url: 'http://a'}}":                                   "exactly one kind, and this one of 2",
		"{name: a, nfty: {url: 'http://a/b'}}":                                                             "/w.yaml:1:22: channels[0]: the key nfty is not known here; did you mean ntfy?",
		"{name: a, ntfy: 'http://a/b'}":                                                                    "/w.yaml:1:28: channels[0].ntfy: this has to be a mapping, as ntfy: {url:",
		"{name: a, ntfy: {url: hunter2}}":                                                                  "/w.yaml:1:34: channels[0].ntfy.url: this is not a URL that begins with http://",
		"{name: a, ntfy: {url: 'http://a/b', room: '!a:b'}}":                                               "the key room is not known here",
		"{name: a, ntfy: {url: 'http://a/b', url_file: /hook}}":                                            "url and url_file are both set",
		"{name: a, ntfy: {url_file: /none}}":                                                               "ntfy.url_file: the file /none can't be read",
		"{name: a, gotify: {url: 'http://a'}}":                                                             "gotify needs a token",
		"{name: a, matrix: {url: 'http://a', room: '#a:b', token: hunter2-hunter2}}":                       "this is not the id of a room",
		"{name: a, webhook: {url: 'http://a', body: '{titel}'}}":                                           "/w.yaml:1:55: channels[0].webhook.body: there is no placeholder {titel}; there are: {title}, {text},",
		"{name: a, webhook: {url: 'http://a', headers: {X-A: '{b}', X-B: '{c}'}}}":                         "channels[0].webhook.headers.X-B: there is no placeholder {c}",
		"{name: a, webhook: {url: 'http://{host}'}}":                                                       "webhook.url: this is not a URL",
		"{name: a, webhook: {url: 'http://h/hunter2/{x}'}}":                                                "webhook.url: there is no placeholder {x}",
		"{name: a, webhook: {url: 'http://a', ca_file: /none}}":                                            "channels[0].webhook: ca_file: there is no file /none",
		"{name: telegram, slack: {url: 'http://a'}}":                                                       `there is a channel "telegram" already`,
		"{name: telegramm, min_severity: critical}":                                                        `there is no channel "telegramm" to give a route, and no kind to make one of; there are: log, telegram, telegram:2`,
		"{name: a, slack: {url: 'http://a'}}, {name: a, slack: {url: 'http://b'}}":                         `channels[1]: the channel "a" is listed twice`,
		"{name: telegram, min_severity: bad}":                                                              `min_severity: "bad" is neither warning nor critical`,
		"{name: telegram, quiet: {start: '22:00'}}":                                                        "quiet: a quiet time needs start and for",
		"{name: telegram, after: 5m, fallback_for: log}":                                                   "after and fallback_for are both set",
		"{name: telegram, fallback_for: mail}":                                                             `/w.yaml:1:43: channels[0].fallback_for: there is no channel "mail"; there are: log, telegram, telegram:2`,
		"{name: telegram, fallback_for: telegram}":                                                         "it goes in a circle: telegram for telegram",
		"{name: telegram, fallback_for: a}, {name: a, slack: {url: 'http://a'}, fallback_for: 'telegram'}": "channels[1].fallback_for: it goes in a circle: a for telegram for a",
	} {
		_, _, err := listed(t, "channels: ["+text+"]\n")
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: no %q in: %v", text, want, err)
		}
	}
	if _, _, err := listedBeside(t, "channels: [{name: a, telegram: {chat_id: '-1'}}]\n"); err == nil || !strings.Contains(err.Error(), "channels[0].telegram: it has no token") {
		t.Errorf("got %v", err)
	}
}

// The channels of the file are added to those of the variables. Chats are paced, and the routes are
// in the core's settings. `watchdog config` shows the channels without secrets.
func TestListedChannels(t *testing.T) {
	c, parts, err := listed(t, `channels:
  - {name: night, telegram: {chat_id: "-1003", thread_id: 5, token: "654321:hunter2-hunter2-hunter2"}, signals: ["host_*"], quiet: {start: "22:00", for: 9h, zone: Europe/Berlin}}
  - {name: phone, ntfy: {url: "https://ntfy.example.org/oncall", token: hunter2-hunter2}, min_severity: critical, after: 15m}
  - {name: hook, webhook: {url_file: /hook, headers: {X-Key: hunter2-hunter2}, body: '{"team": "{team}"}'}, fallback_for: telegram}
  - {name: telegram, min_severity: warning}
`)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range parts {
		names = append(names, fmt.Sprintf("%s paced=%t", p.Channel.Name(), p.Paced))
		if strings.Contains(p.Recipient, "hunter2") {
			t.Errorf("the Recipient of %s holds a secret: %s", p.Channel.Name(), p.Recipient)
		}
	}
	if got, want := strings.Join(names, ", "), "log paced=false, telegram paced=true, telegram:2 paced=true, night paced=true, phone paced=false, hook paced=false"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	var shown []string
	for _, s := range c.Effective() {
		if strings.HasPrefix(s.Name, "channels.") {
			shown = append(shown, s.Name+" "+s.Value+" "+s.Origin)
		}
	}
	want := []string{
		"channels.night telegram -1003, thread_id 5, token ***, signals host_*, quiet 22:00 for 9h0m0s, every day, Europe/Berlin /w.yaml:2",
		"channels.phone ntfy https://ntfy.example.org/***, min_severity critical, after 15m0s /w.yaml:3",
		"channels.hook webhook https://hook.example.org/***, fallback_for telegram /w.yaml:4",
		"channels.telegram min_severity warning /w.yaml:5",
	}
	if fmt.Sprint(shown) != fmt.Sprint(want) {
		t.Errorf("shown as\n%s", strings.Join(shown, "\n"))
	}
	if all := fmt.Sprintf("%v %+v %#v", c, c, c.Channels); strings.Contains(all, "hunter2") {
		t.Errorf("a secret is in %s", all)
	}
	s, err := Settings(c)
	if err != nil {
		t.Fatal(err)
	}
	night, phone, hook, chat := s.Routes["night"], s.Routes["phone"], s.Routes["hook"], s.Routes["telegram"]
	if night.Signals[0] != "host_*" || night.Quiet.Start != 22*time.Hour || phone.MinSeverity != messages.Critical || phone.After != 15*time.Minute ||
		hook.FallbackFor != "telegram" || chat.MinSeverity != messages.Warning {
		t.Errorf("got %+v %+v %+v %+v", night, phone, hook, chat)
	}
}

// A reload replaces exactly the channels whose settings changed. A changed address is a new recipient.
func TestAReloadOfChannels(t *testing.T) {
	const file = "channels:\n  - {name: a, slack: {url: 'http://a/1'}}\n  - {name: b, ntfy: {url: 'http://a/2', priority: 4}}\n"
	_, before, err := listed(t, file)
	if err != nil {
		t.Fatal(err)
	}
	for edit, want := range map[string]string{
		"":                           "",
		"priority: 4 -> priority: 5": "b",
		"http://a/1 -> http://a/3":   "a (reach)",
		"'http://a/1'}} -> 'http://a/1'}, min_severity: critical}": "",
	} {
		from, to, _ := strings.Cut(edit, " -> ")
		_, after, err := listed(t, strings.Replace(file, from, to, 1))
		if err != nil {
			t.Fatal(err)
		}
		var changed []string
		for i := range after {
			name := after[i].Channel.Name()
			if !after[i].Same(before[i]) {
				if after[i].Recipient != before[i].Recipient {
					name += " (reach)"
				}
				changed = append(changed, name)
			}
		}
		if strings.Join(changed, " ") != want {
			t.Errorf("%s: changed %v, want %s", edit, changed, want)
		}
	}
}
