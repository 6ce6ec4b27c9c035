package config

import (
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/control"
	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/actors/heartbeat"
	"orchestrator-watchdog/actors/history"
	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/notifier/alertmanager"
	"orchestrator-watchdog/actors/notifier/telegram"
	"orchestrator-watchdog/actors/ops"
	"orchestrator-watchdog/actors/probe/container"
	"orchestrator-watchdog/actors/probe/dependency"
	"orchestrator-watchdog/actors/probe/host"
	"orchestrator-watchdog/actors/probe/orchestrator"
	"orchestrator-watchdog/actors/probe/orchestrator/rule"
	"orchestrator-watchdog/actors/probe/peerclock"
	"orchestrator-watchdog/actors/probe/witness"
	"orchestrator-watchdog/config/field"
	"orchestrator-watchdog/messages/duration"
	"orchestrator-watchdog/supervisor/statefile"
)

// kinds are the declarations that the file can use.
var kinds = Kinds{
	Sections: []func() field.Declared{
		field.New[orchestrator.Settings], field.New[core.Settings], field.New[telegram.Variables], field.New[history.Settings], field.New[notifier.Common],
		field.New[alertmanager.Variables], field.New[container.Settings], field.New[host.Settings], field.New[ops.Settings], field.New[control.Settings],
		field.New[heartbeat.Settings], field.New[statefile.Settings], field.New[witness.Settings],
	},
	Dependencies: dependency.Kinds, Rule: &rule.Kind, Thresholds: append(slices.Clip(host.Declared), peerclock.Declared),
}

// loadText reads an environment and one YAML file.
func loadText(t *testing.T, yaml string, environ ...string) *Config {
	t.Helper()
	c, _, err := Load(Source{
		Environ: append(environ, "WATCHDOG_CONFIG=/w.yaml"), Hostname: "web-1",
		ReadFile: func(path string) ([]byte, error) {
			if path == "/w.yaml" {
				return []byte(yaml), nil
			}
			return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
		},
	}, kinds)
	if err != nil {
		t.Fatalf("%v in:\n%s", err, yaml)
	}
	return c
}

// nested writes a value at a path of a YAML file.
func nested(path, value string) string {
	var b strings.Builder
	parts := strings.Split(path, ".")
	for depth, part := range parts {
		fmt.Fprintf(&b, "%s%s:", strings.Repeat("  ", depth), part)
		if depth < len(parts)-1 {
			b.WriteString("\n")
		}
	}
	return b.String() + " " + value + "\n"
}

// bare returns a configuration without origins.
func bare(c *Config) Config {
	all := *c
	all.given, all.listed, all.places, all.secrets = nil, nil, nil, nil
	return all
}

// Every row has a valid default or a valid example.
func TestEveryRowHasAValueThatIsWell(t *testing.T) {
	for _, s := range kinds.rows() {
		if s.Preset == "" && s.Example == "" {
			t.Errorf("%s has no default and no example", s.id())
		}
		for _, value := range []string{s.Preset, s.Example} {
			if value == "" {
				continue
			}
			if err := s.set(s.items(value)); err != nil {
				t.Errorf("%s: %q: %v", s.id(), value, err)
			}
		}
	}
}

// A setting has the same effect in the file as in its variable, as one text and, for lists, as a
// list.
func TestEveryVariableHasItsPlaceInTheFile(t *testing.T) {
	for _, s := range kinds.rows() {
		if s.Variable == "" || s.Variable == prefix+"CONFIG" {
			continue
		}
		value := s.Example
		if value == "" {
			value = s.Preset
		}
		var environ []string
		if s.Name == "telegram.token" { // a token needs a chat
			environ = []string{"WATCHDOG_TELEGRAM_CHAT_ID=-1"}
		}
		want := loadText(t, "", append(environ, s.Variable+"="+value)...)
		forms := []string{"'" + value + "'"}
		if s.isList() {
			forms = append(forms, "['"+strings.Join(s.items(value), "', '")+"']")
		}
		for _, form := range forms {
			got := loadText(t, nested(s.Name, form), environ...)
			if !reflect.DeepEqual(bare(got), bare(want)) {
				t.Errorf("%s: %s is not what %s=%s is:\n%v\n%v", s.Name, form, s.Variable, value, got, want)
			}
		}
	}
}

// Every documented key is read.
func TestEveryDocumentedKeyIsKnown(t *testing.T) {
	for _, section := range sectionDocs(kinds) {
		form := "%s: {%s: []}\n"
		if strings.HasPrefix(section.path, "orchestrator.") {
			form = "orchestrator: {%s: [{%s: []}]}\n"
		} else if strings.HasSuffix(section.path, "[]") {
			form = "%s: [{%s: []}]\n"
		} else if section.path == "signals" {
			form = "%s: {'*': {%s: []}}\n"
		}
		name := strings.TrimSuffix(strings.TrimPrefix(section.path, "orchestrator."), "[]")
		for _, k := range section.keys {
			text := fmt.Sprintf(form, name, k.key)
			_, _, err := Load(Source{Environ: []string{"WATCHDOG_CONFIG=/w"}, ReadFile: func(string) ([]byte, error) { return []byte(text), nil }}, kinds)
			if err != nil && strings.Contains(err.Error(), "not known here") {
				t.Errorf("%s: %v", section.path, err)
			}
		}
	}
}

// Parsers of durations, percentages, times and globs accept or refuse any text.
func FuzzScalars(f *testing.F) {
	for _, seed := range []string{"14d", "1h30m", "NaNd", "-1d", "1e999d", "dep_*:[a", "http://u:p@[::1]:80/%zz", "password='a\\' b'", "02:00", "97%"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := duration.Parse(s); err == nil && (d < 0 || d > duration.MaxDays*24*time.Hour && strings.HasSuffix(s, "d")) {
			t.Errorf("%q is %s", s, d)
		}
		if n, err := field.Percent(s); err == nil && !(n > 0 && n <= 100) {
			t.Errorf("%q is %g", s, n)
		}
		if at, err := timeOfDay(s); err == nil && (at < 0 || at >= 24*time.Hour) {
			t.Errorf("%q is %s", s, at)
		}
		_, _ = keyPattern(s)
	})
}
