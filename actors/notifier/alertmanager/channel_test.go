package alertmanager_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/notifier/alertmanager"
	"orchestrator-watchdog/messages"
)

// password is in the URL, and must not be shown.
const password = "hunter2"

var _ notifier.Refresher = (*alertmanager.Channel)(nil)

func newChannel(t *testing.T, address string) *alertmanager.Channel {
	t.Helper()
	ch, err := alertmanager.New(alertmanager.Options{URL: address, Host: "web-1"})
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

func withPassword(address string) string {
	return strings.Replace(address, "http://", "http://watchdog:"+password+"@", 1)
}

func news(kind messages.News, level messages.Level, at time.Time) notifier.Batch {
	return notifier.Batch{At: at, Items: []messages.Notification{{
		Seq: 1, News: kind, Signal: "dep_down:db", Level: level, Worst: messages.Critical, Detail: "refused", Since: at.Add(-time.Minute), At: at,
	}}}
}

// Send posts a JSON list to the API below the base URL, with user and password.
func TestThePost(t *testing.T) {
	for _, base := range []string{"", "/", "/am", "/am/"} {
		var got []map[string]any
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			user, pass, _ := r.BasicAuth()
			want := "POST " + strings.TrimSuffix(base, "/") + "/api/v2/alerts"
			if line := r.Method + " " + r.URL.Path; line != want || user != "watchdog" || pass != password || r.Header.Get("Content-Type") != "application/json" {
				t.Errorf("%s as %s:%s, want %s", line, user, pass, want)
			}
			_ = json.NewDecoder(r.Body).Decode(&got)
		}))
		_, err := newChannel(t, withPassword(server.URL)+base).Send(t.Context(), news(messages.Alert, messages.Critical, time.Now()))
		server.Close()
		if err != nil || len(got) != 1 || got[0]["endsAt"] == nil {
			t.Errorf("%v, %v", err, got)
		}
	}
}

// Each answer leads to the right failure: permanent or not, with a pause and a remedy. No output
// holds the password.
func TestAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		status    int
		header    string // Retry-After
		permanent bool
		after     time.Duration
		remedy    string
	}{
		"refused alerts":        {400, "", true, 0, "0.16"},
		"no password":           {401, "", true, 0, "user and password"},
		"a wrong password":      {403, "", true, 0, "user and password"},
		"a wrong path":          {404, "", true, 0, "route prefix"},
		"a redirect":            {302, "", true, 0, "redirects"},
		"too many":              {429, "", false, 0, ""},
		"too many, and a pause": {429, "90", false, 90 * time.Second, ""},
		"an absurd pause":       {429, "4000000000", false, time.Hour, ""},
		"a date as the pause":   {503, "Sun, 01 Mar 2026 12:00:00 GMT", false, 0, ""},
		"an internal error":     {500, "", false, 0, ""},
		"a proxy's bad gateway": {502, "", false, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			requests := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				requests++
				w.Header().Set("Location", "/elsewhere")
				if c.header != "" {
					w.Header().Set("Retry-After", c.header)
				}
				w.WriteHeader(c.status)
				_, _ = fmt.Fprintf(w, "you are %s with %s", r.Header.Get("Authorization"), password)
			}))
			defer server.Close()
			ch := newChannel(t, withPassword(server.URL))
			_, err := ch.Send(t.Context(), news(messages.Alert, messages.Critical, time.Now()))
			var f *notifier.Failure
			if !errors.As(err, &f) || f.Permanent != c.permanent || f.RetryAfter != c.after || !strings.Contains(f.Remedy, c.remedy) || c.remedy == "" && f.Remedy != "" {
				t.Fatalf("got %+v", err)
			}
			if requests != 1 {
				t.Errorf("%d requests", requests)
			}
			holdsNoPassword(t, ch, err)
		})
	}
}

func holdsNoPassword(t *testing.T, ch *alertmanager.Channel, err error) {
	t.Helper()
	all := fmt.Sprintf("%v %+v %#v %s %v %+v %#v", err, err, err, ch.Name(), ch, *ch, *ch)
	for _, s := range []string{password, "d2F0Y2hkb2c6aHVudGVyMg"} {
		if strings.Contains(all, s) {
			t.Errorf("the password is in %s", all)
		}
	}
}

// A refused and a broken connection are temporary failures. An endless answer is not read to its
// end.
func TestTheNetwork(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	broken := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer broken.Close()
	for _, address := range []string{closed.URL, broken.URL} {
		ch := newChannel(t, withPassword(address))
		_, err := ch.Send(t.Context(), news(messages.Alert, messages.Critical, time.Now()))
		var f *notifier.Failure
		if !errors.As(err, &f) || f.Permanent || strings.Contains(err.Error(), "/api/") {
			t.Errorf("got %v", err)
		}
		holdsNoPassword(t, ch, err)
	}
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for page := make([]byte, 64<<10); ; {
			if _, err := w.Write(page); err != nil {
				return
			}
		}
	}))
	defer endless.Close()
	if _, err := newChannel(t, endless.URL).Send(t.Context(), news(messages.Alert, messages.Critical, time.Now())); err != nil {
		t.Error(err)
	}
}

// The name holds host, port and route prefix, so that it is unique. An invalid URL is not quoted.
func TestTheURL(t *testing.T) {
	for address, want := range map[string]string{
		"http://u:hunter2@am:9093/x":   "alertmanager:am:9093/x",
		"http://am:9093/":              "alertmanager:am:9093",
		"http://am:9093/y/z/":          "alertmanager:am:9093/y/z",
		"http://am":                    "alertmanager:am:80",
		"https://am":                   "alertmanager:am:443",
		" http://[::1]:9093\n":         "alertmanager:[::1]:9093",
		"":                             "",
		"am:9093":                      "",
		"ftp://u:hunter2@am":           "",
		"http://u:hunter2@":            "",
		"http://u:hunter2@am:port":     "",
		"http://u:hunter2\x7f@am:9093": "",
	} {
		ch, err := alertmanager.New(alertmanager.Options{URL: address})
		switch {
		case want == "":
			var quoting *url.Error
			if err == nil || strings.Contains(err.Error(), password) || errors.As(err, &quoting) {
				t.Errorf("%q: %v", address, err)
			}
		case err != nil || ch.Name() != want:
			t.Errorf("%q: %v, want %s", address, err, want)
		}
	}
}

// A test alert says that it is a test. Its failure says what to fix.
func TestATestAlert(t *testing.T) {
	status, body := http.StatusOK, ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		posted, _ := io.ReadAll(r.Body)
		body = string(posted)
		w.WriteHeader(status)
	}))
	defer server.Close()
	ch := newChannel(t, server.URL)
	if err := ch.Test(t.Context()); err != nil || !strings.Contains(body, "TEST watchdog · web-1") || strings.Contains(body, "startsAt") {
		t.Errorf("%v, %s", err, body)
	}
	status = http.StatusNotFound
	if err := ch.Test(t.Context()); err == nil || !strings.Contains(err.Error(), "WATCHDOG_ALERTMANAGER_URL") {
		t.Errorf("got %v", err)
	}
}
