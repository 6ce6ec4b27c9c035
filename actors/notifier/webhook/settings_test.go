package webhook

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Each form has its own settings, and requires some of them.
func TestTheSettingsOfEachForm(t *testing.T) {
	for kind, want := range map[string]struct{ keys, needs string }{
		"webhook":    {"url headers body", "webhook needs a url or url_file"},
		"ntfy":       {"url token priority tags click", "ntfy needs a url or url_file"},
		"gotify":     {"url token priority", "gotify needs a url or url_file; gotify needs a token or token_file"},
		"slack":      {"url", "slack needs a url or url_file"},
		"discord":    {"url", "discord needs a url or url_file"},
		"mattermost": {"url", "mattermost needs a url or url_file"},
		"matrix":     {"url token room", "matrix needs a url or url_file; matrix needs a token or token_file; matrix needs a room"},
		"apprise":    {"url tags", "apprise needs a url or url_file"},
	} {
		at := slices.IndexFunc(forms, func(f *form) bool { return f.kind == kind })
		s := &Settings{form: forms[at]}
		var keys, needs []string
		for _, f := range s.Fields()[len(s.TLS.Fields()):] {
			keys = append(keys, f.Name)
		}
		for _, err := range s.Check() {
			needs = append(needs, err.Error())
		}
		if strings.Join(keys, " ") != want.keys || strings.Join(needs, "; ") != want.needs {
			t.Errorf("%s takes %v and reports %v", kind, keys, needs)
		}
	}
	if len(forms) != 8 {
		t.Errorf("%d forms", len(forms))
	}
}

// set sets a setting, and returns the secrets in its text.
func set(t *testing.T, s *Settings, name, text string) (hidden []string) {
	t.Helper()
	for _, f := range s.Fields() {
		if f.Name == name {
			if f.Secrets != nil {
				hidden = f.Secrets(text)
			}
			if err := f.Set("X-A", text); err != nil {
				t.Fatal(err)
			}
		}
	}
	return hidden
}

// Secrets are: a whole URL and its secret parts, keys in a body, and headers that are not media types.
func TestSecretsOfSettings(t *testing.T) {
	for _, c := range []struct {
		kind          int
		name, text    string
		hidden, shown string
	}{
		{0, "url", "https://u:pw12@h/a/long-enough-to-be-a-token?key=k1234", "https://u:pw12@h/a/long-enough-to-be-a-token?key=k1234 k1234 pw12 long-enough-to-be-a-token", "ntfy https://h/***"},
		{2, "url", "https://hooks.slack.com/services/T1/B1/xyz", "https://hooks.slack.com/services/T1/B1/xyz xyz", "slack https://hooks.slack.com/***"},
		{7, "body", `{"routing_key": "R1", "a": {"token": ["T1"]}, "text": "{text}", "b": "c"}`, "R1 T1", "webhook ***"},
		{7, "headers", "hunter2", "hunter2", "webhook ***"},
		{7, "headers", "application/json", "", "webhook ***"},
	} {
		s := &Settings{form: forms[c.kind]}
		hidden := set(t, s, c.name, c.text)
		slices.Sort(hidden)
		want := strings.Fields(c.hidden)
		slices.Sort(want)
		if !slices.Equal(slices.Compact(hidden), want) {
			t.Errorf("%s: hidden is %q, want %q", c.text, hidden, want)
		}
		if c.name == "url" && s.String() != c.shown {
			t.Errorf("shown as %s", s)
		}
		if all := fmt.Sprintf("%v %+v %#v %s", s, s, s, s.Recipient()); strings.Contains(all, "xyz") || strings.Contains(all, "R1") || strings.Contains(all, "hunter2") {
			t.Errorf("a secret shows in %s", all)
		}
	}
}
