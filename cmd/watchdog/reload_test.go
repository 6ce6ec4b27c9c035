package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// settingsFile is a YAML file that a test changes while the watchdog runs.
type settingsFile struct {
	t    *testing.T
	path string
}

func newSettingsFile(t *testing.T, text string) settingsFile {
	t.Helper()
	f := settingsFile{t, filepath.Join(t.TempDir(), "watchdog.yaml")}
	f.write(text)
	return f
}

func (f settingsFile) write(text string) {
	f.t.Helper()
	if err := os.WriteFile(f.path, []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// hangUp sends SIGHUP and waits for what the log says of it, for the n-th time.
func (d *daemon) hangUp(event string, n int) map[string]any {
	d.t.Helper()
	if err := d.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		d.t.Fatal(err)
	}
	return d.logged(event, func(map[string]any) bool { n--; return n == 0 })
}

// nobody is an address on which nobody listens.
func nobody(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// SIGHUP reads the YAML file anew: what is gone is told as gone, what is new is watched,
// a wrong file is refused with all its problems, and what needs a start is named.
func TestSIGHUPReadsTheSettingsAnew(t *testing.T) {
	const dependency = "dependencies: [{name: %s, tcp: {addr: '%s'}}]\n"
	file := newSettingsFile(t, fmt.Sprintf(dependency, "db", nobody(t)))
	api := chat(t)
	d := start(t, append(telegramSettings(api), "WATCHDOG_CONFIG="+file.path)...)
	if m := wait(t, api, 1)[0]; m.FirstLine() != "🔴 ALERT dep_down:db · web-1" {
		t.Fatalf("got %q", m.Plain)
	}

	file.write("dependencies: [{name: db, tcp: {}}]\ntick: 3s\nnonsense: 1\n")
	d.hangUp("reload_failed", 1)
	d.logged("reload_failed", func(l map[string]any) bool { return strings.Contains(fmt.Sprint(l["detail"]), "nonsense") })
	d.logged("reload_failed", func(l map[string]any) bool { return strings.Contains(fmt.Sprint(l["detail"]), "addr") })

	file.write(fmt.Sprintf(dependency, "cache", nobody(t)) + "listen: 127.0.0.1:9999\nsignals: {'dep_down:*': {raise_ticks: 1}}\n")
	l := d.hangUp("reloaded", 1)
	if fmt.Sprint(l["added"], l["removed"]) != "[dep:cache] [dep:db]" {
		t.Errorf("got %v", l)
	}
	if m := find(t, api, "RECOVERED dep_down:db"); !strings.Contains(m.Plain, "gone") {
		t.Errorf("got %q", m.Plain)
	}
	find(t, api, "ALERT dep_down:cache")
	if code, _ := d.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// The files of secrets are read anew, too, and neither the old nor the new is ever shown.
func TestSIGHUPReadsTheSecretsAnew(t *testing.T) {
	token := newSettingsFile(t, "first-secret-token")
	asked := make(chan string, 1000)
	orch := newOrchestrator(t)
	orch.answers(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Header.Get("Authorization")
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintf(w, "%s is wrong", r.Header.Get("Authorization"))
	})
	api := chat(t)
	d := start(t, append(telegramSettings(api), "WATCHDOG_ORCH_URL="+orch.URL, "WATCHDOG_ORCH_TOKEN_FILE="+token.path)...)
	find(t, api, "ALERT orch_down")
	token.write("second-secret-token")
	d.hangUp("reloaded", 1)
	for header := range asked {
		if header == "Bearer second-secret-token" {
			break
		}
	}
	d.stop()
	if text := d.written(); strings.Contains(text, "-secret-token") {
		t.Errorf("a secret was written:\n%s", text)
	}
}

// However often it is reloaded while there is news: each is told once, in order.
func TestReloadsUnderLoad(t *testing.T) {
	orch, api := newOrchestrator(t), chat(t)
	file := newSettingsFile(t, "")
	d := start(t, append(telegramSettings(api), "WATCHDOG_CONFIG="+file.path, "WATCHDOG_ORCH_URL="+orch.URL)...)
	d.logged("observation", func(l map[string]any) bool { return l["signal"] == "orch_down" && l["state"] == "ok" })
	reloads := 0
	reload := func() {
		reloads++
		file.write(fmt.Sprintf("cooldown: 2h%dm\ndependencies: [{name: n%d, tcp: {addr: '%s'}, interval: 1h}]\n", reloads, reloads%2, nobody(t)))
		d.hangUp("reloaded", reloads)
	}
	var want []string
	for _, news := range []string{"ALERT", "RECOVERED", "ALERT", "RECOVERED"} {
		if news == "ALERT" {
			orch.answers(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
		} else {
			orch.answers(envelope(1))
		}
		want = append(want, news+" orch_down · web-1")
		for len(api.Messages()) < len(want) && reloads < 1000 {
			reload()
		}
	}
	d.stop()
	for i, m := range api.Messages() {
		if i >= len(want) || !strings.HasSuffix(m.FirstLine(), want[i]) {
			t.Errorf("message %d is %q, want %q", i+1, m.FirstLine(), want)
		}
	}
	t.Logf("%d reloads", reloads)
}

// A disabled watchdog stays as it is.
func TestSIGHUPDoesNotEndADisabledWatchdog(t *testing.T) {
	d := start(t, "WATCHDOG_ENABLED=false")
	d.logged("disabled", nil)
	if err := d.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if code, _ := d.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
