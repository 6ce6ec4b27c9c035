package config_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"orchestrator-watchdog/config"
)

// everything is a file with settings of every kind.
const everything = `
tick: 15s
telegram: {token_file: /token, chat_id: [1, 2]}
orchestrator: {url: "http://o/metrics", rules: [{name: stuck, field: a.b, raise: "> 1", summary: look}]}
dependencies:
  - {name: db, postgres: {dsn_file: /dsn}}
  - {name: web, http: {url: "http://web/", headers: {X-Key: hunter2-and-more}}}
signals: {"dep_*": {cooldown: 30m}, "host_load": {mute: true}}
maintenance: [{signals: "dep_*", start: "02:00", for: 30m}]
host: {memory: {raise: 95}}
`

// A changed setting is named, even if its value is a secret from a file. Unchanged settings are not,
// even if they moved. Values are never shown.
func TestWhatAReloadChangedIsNamed(t *testing.T) {
	base := map[string]string{"/w.yaml": everything, "/token": token, "/dsn": "postgres://u:hunter2-and-more@db/x"}
	for what, c := range map[string]struct {
		edit    func(files map[string]string)
		environ []string
		want    string
	}{
		"nothing":          {edit: func(map[string]string) {}},
		"a comment above":  {edit: replaced("/w.yaml", "\ntick", "\n# moved by a line\ntick")},
		"a default spelt":  {edit: replaced("/w.yaml", "\ntick: 15s", "\ntick: 15s\ncooldown: 1h")},
		"the tick":         {edit: replaced("/w.yaml", "15s", "30s"), want: "WATCHDOG_TICK"},
		"back to default":  {edit: replaced("/w.yaml", "chat_id: [1, 2]", "chat_id: 1"), want: "WATCHDOG_TELEGRAM_CHAT_ID"},
		"a token's file":   {edit: replaced("/token", "A", "B"), want: "WATCHDOG_TELEGRAM_TOKEN"},
		"a DSN's file":     {edit: replaced("/dsn", "hunter2", "hunter3"), want: "dependencies.db"},
		"a header":         {edit: replaced("/w.yaml", "hunter2", "hunter3"), want: "dependencies.web"},
		"a rule's summary": {edit: replaced("/w.yaml", "summary: look", "summary: see"), want: "orchestrator.rules.stuck"},
		"a rule's place":   {edit: replaced("/w.yaml", "rules: [", `rules: [{name: new, field: a.b, raise: "> 1"}, `), want: "orchestrator.rules.new"},
		"a policy":         {edit: replaced("/w.yaml", "30m}, \"host", "31m}, \"host"), want: "signals.dep_*"},
		"a policy less":    {edit: replaced("/w.yaml", `, "host_load": {mute: true}`, ""), want: "signals.host_load"},
		"a window":         {edit: replaced("/w.yaml", "02:00", "03:00"), want: "maintenance[0]"},
		"a threshold":      {edit: replaced("/w.yaml", "raise: 95", "raise: 96"), want: "host.memory"},
		"two at once":      {edit: replaced("/w.yaml", "15s", "30s\nhost_label: other"), want: "WATCHDOG_HOST_LABEL WATCHDOG_TICK"},
		"the environment":  {edit: func(map[string]string) {}, environ: []string{"WATCHDOG_COOLDOWN=2h"}, want: "WATCHDOG_COOLDOWN"},
	} {
		t.Run(what, func(t *testing.T) {
			files := maps.Clone(base)
			c.edit(files)
			before, after := content(t, base), content(t, files, c.environ...)
			if got := strings.Join(before.Changed(after), " "); got != c.want {
				t.Errorf("named %q, want %q", got, c.want)
			}
			if got := strings.Join(after.Changed(before), " "); got != c.want {
				t.Errorf("in the other direction named %q, want %q", got, c.want)
			}
			if shown := fmt.Sprintf("%v %+v %#v %s", after, after, after, after); strings.Contains(shown, "hunter") || strings.Contains(shown, "AA") {
				t.Errorf("it shows %s", shown)
			}
		})
	}
}

// Keeping keeps settings that could not take effect.
func TestAContentCanKeepSettings(t *testing.T) {
	before := content(t, map[string]string{"/w.yaml": "tick: 1s\nstate_file: /a"})
	after := content(t, map[string]string{"/w.yaml": "tick: 2s\nstate_file: /b"})
	kept := before.Keeping(after, "WATCHDOG_STATE_FILE")
	if got := before.Changed(kept); !slices.Equal(got, []string{"WATCHDOG_TICK"}) {
		t.Errorf("changed %q", got)
	}
	if got := kept.Changed(after); !slices.Equal(got, []string{"WATCHDOG_STATE_FILE"}) {
		t.Errorf("still differs in %q", got)
	}
}

func replaced(file, from, to string) func(map[string]string) {
	return func(files map[string]string) {
		if !strings.Contains(files[file], from) {
			panic("nothing to replace: " + from)
		}
		files[file] = strings.Replace(files[file], from, to, 1)
	}
}

func content(t *testing.T, files map[string]string, environ ...string) config.Content {
	t.Helper()
	c, _, err := load(append(environ, "WATCHDOG_CONFIG=/w.yaml"), files)
	if err != nil {
		t.Fatal(err)
	}
	return c.Content()
}
