package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"unicode"
	"unicode/utf8"

	"orchestrator-watchdog/actors/notifier/telegram/fakeapi"
)

// nasty must never be shown unescaped: a terminal escape, a line break, HTML, a bidi override, a
// zero-width character, and invalid UTF-8.
const nasty = "<b>&\x1b[31m\r\nX: y\u202eevil\u200b\u2066\u0085\x00\xff\"'"

// nastyPeers starts peers that answer with nasty text everywhere. It returns the settings of a
// watchdog that asks them and tells a webhook.
func nastyPeers(t *testing.T, hook string) []string {
	t.Helper()
	text, err := json.Marshal(nasty)
	must(t, err)
	quoted := strings.Trim(string(text), `"`)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprintf(w, `{"error":"%s"}`, quoted)
	}))
	t.Cleanup(web.Close)
	orch := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"schema_version":1,"state":"%s"}`, quoted)
	}))
	t.Cleanup(orch.Close)
	const id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	engine := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", "1.41")
		switch {
		case strings.HasSuffix(r.URL.Path, "/containers/json"):
			fmt.Fprintf(w, `[{"Id":"%s","Names":["/web%s"],"State":"running","Status":"Up%s","Image":"image%s"}]`, id, quoted, quoted, quoted)
		case strings.HasSuffix(r.URL.Path, "/"+id+"/json"):
			fmt.Fprintf(w, `{"Id":"%s","State":{"Status":"running","Error":"%s","StartedAt":"2026-01-01T00:00:00Z","Health":{"Status":"unhealthy","Log":[{"Output":"out%s"}]}}}`, id, quoted, quoted)
		case strings.HasSuffix(r.URL.Path, "/events") && !r.URL.Query().Has("until"):
			<-r.Context().Done()
		}
	}))
	t.Cleanup(func() { engine.CloseClientConnections(); engine.Close() })
	config := filepath.Join(t.TempDir(), "w.yaml")
	must(t, os.WriteFile(config, fmt.Appendf(nil, `
orchestrator: {url: %q, default_rules: false, rules: [{name: state, field: state, raise: '!= "fine"', severity: critical}]}
dependencies: [{name: shop, http: {url: %q}}]
channels: [{name: hook, webhook: {url: %q}}]
`, orch.URL, web.URL, hook), 0o600))
	return []string{"WATCHDOG_CONFIG=" + config, "WATCHDOG_DOCKER_HOST=tcp://" + engine.Listener.Addr().String()}
}

// controls returns the characters of a text that could mislead a terminal or a reader, except line
// breaks and tabs.
func controls(text string) (found []string) {
	for i, r := range text {
		_, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == '\n', r == '\t':
		case r == utf8.RuneError && size == 1, unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			found = append(found, fmt.Sprintf("%+q in %+q", r, text[max(0, i-40):min(len(text), i+10)]))
		}
	}
	return found
}

// Control characters in names, reasons and logs from peers reach neither the chat, the log, the pages
// nor the terminal.
func TestNothingIsShownUnescaped(t *testing.T) {
	t.Parallel()
	api, listen := chat(t), freeAddress(t)
	control := "WATCHDOG_CONTROL=@watchdog-escape-" + strings.TrimPrefix(listen, "127.0.0.1:")
	var mu sync.Mutex
	shown := make(map[string]string)
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		shown[r.URL.Path] += fmt.Sprint(r.Header) + string(body)
	}))
	t.Cleanup(other.Close)
	settings := append(nastyPeers(t, other.URL+"/hook"), append(telegramSettings(api), "WATCHDOG_LISTEN="+listen, control, "WATCHDOG_LOG_LEVEL=debug", "WATCHDOG_ALERTMANAGER_URL="+other.URL)...)
	d := start(t, settings...)
	for _, news := range []string{"ALERT dep_down:shop", "ALERT orch_rule:state", "ALERT container_unhealthy:web"} {
		find(t, api, news)
	}
	before := len(api.Messages())
	api.Writes(fakeapi.Writing{Chat: "-1001", By: fakeapi.Person{ID: 7, Name: nasty}, Text: "/silence container_* 1h " + nasty})
	wait(t, api, before+1)
	for _, page := range []string{"/metrics", "/status"} {
		text := get(t, "http://"+listen+page)
		mu.Lock()
		shown[page] = text
		mu.Unlock()
	}
	commands := make(map[string]string)
	for _, command := range []string{"status", "check", "check --json", "status --json", "silences"} {
		commands[command], _ = watchdog(t, append(settings, "WATCHDOG_HOST_LABEL=web-1"), strings.Fields(command)...)
	}
	d.stop()
	mu.Lock()
	defer mu.Unlock()
	maps.Copy(shown, commands)
	shown["log"] = d.written()
	for i, m := range api.Messages() {
		shown[fmt.Sprintf("message %d", i)] = m.Plain
		if m.HTML && strings.Contains(m.Text, "<b>&<") {
			t.Errorf("message %d contains markup from outside: %q", i, m.Text)
		}
	}
	for _, way := range []string{"/hook", "/api/v2/alerts", "silences"} {
		if !strings.Contains(shown[way], "evil") {
			t.Errorf("%s does not quote the peers: %q", way, shown[way])
		}
	}
	for where, text := range shown {
		if found := controls(text); len(found) > 0 {
			t.Errorf("%s: %d control characters, such as %s", where, len(found), found[0])
		}
	}
}
