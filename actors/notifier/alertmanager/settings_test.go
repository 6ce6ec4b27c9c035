package alertmanager_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/notifier/alertmanager"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/secret"
)

// A refusal of the credentials names the setting to fix. The password or token does not show, even
// if the other side repeats it.
func TestRefusedCredentials(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("WWW-Authenticate", r.Header.Get("Authorization"))
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = fmt.Fprintf(w, "%s %s", r.Header.Get("Authorization"), password)
	}))
	defer server.Close()
	for want, s := range map[string]alertmanager.Settings{
		"password_file": {User: "watchdog", Password: secret.New(password)},
		"token_file":    {Token: secret.New(password)},
	} {
		s.URL = secret.New(server.URL)
		made, err := s.Make(notifier.Setup{Name: "prod", Host: "web-1"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = made.Send(t.Context(), news(messages.Alert, messages.Critical, time.Now()))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want a remedy that names %s", err, want)
		}
		holdsNoPassword(t, made.(*alertmanager.Channel), err)
		if shown := s.String(); strings.Contains(shown, password) {
			t.Errorf("the password shows in %s", shown)
		}
	}
}

// The Authorization header holds the configured credentials.
func TestTheAuthorization(t *testing.T) {
	var got string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header.Get("Authorization") }))
	defer server.Close()
	for want, s := range map[string]alertmanager.Settings{
		"Basic d2F0Y2hkb2c6aHVudGVyMg==": {User: "watchdog", Password: secret.New(password)},
		"Bearer hunter2":                 {Token: secret.New(password)},
		"":                               {},
	} {
		s.URL = secret.New(server.URL)
		made, err := s.Make(notifier.Setup{Name: "prod", Host: "web-1"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := made.Send(t.Context(), news(messages.Alert, messages.Critical, time.Now())); err != nil || got != want {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
	}
}

// Only one kind of credentials can be set, and user and password only together.
func TestCredentialsThatDoNotGoTogether(t *testing.T) {
	for name, c := range map[string]struct {
		settings alertmanager.Settings
		want     string // part of the problem; empty: no problem
	}{
		"none":                   {alertmanager.Settings{URL: secret.New("http://am")}, ""},
		"in the URL":             {alertmanager.Settings{URL: secret.New("http://u:p@am")}, ""},
		"a token":                {alertmanager.Settings{URL: secret.New("http://am"), Token: secret.New("t")}, ""},
		"a user and a password":  {alertmanager.Settings{URL: secret.New("http://am"), User: "u", Password: secret.New("p")}, ""},
		"a user alone":           {alertmanager.Settings{URL: secret.New("http://am"), User: "u"}, "set together"},
		"a password alone":       {alertmanager.Settings{URL: secret.New("http://am"), Password: secret.New("p")}, "set together"},
		"a user and a token":     {alertmanager.Settings{URL: secret.New("http://am"), User: "u", Password: secret.New("p"), Token: secret.New("t")}, "exclude each other"},
		"in the URL and a token": {alertmanager.Settings{URL: secret.New("http://u:p@am"), Token: secret.New("t")}, "exclude each other"},
		"no URL":                 {alertmanager.Settings{}, "url_file"},
	} {
		t.Run(name, func(t *testing.T) {
			got := fmt.Sprint(c.settings.Check())
			if c.want == "" && got != "[]" || !strings.Contains(got, c.want) {
				t.Errorf("got %s, want %q", got, c.want)
			}
		})
	}
}
