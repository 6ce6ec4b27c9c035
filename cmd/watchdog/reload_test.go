package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
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

// hangUp sends SIGHUP and waits for the n-th event of that name.
func (d *daemon) hangUp(event string, n int) map[string]any {
	d.t.Helper()
	if err := d.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		d.t.Fatal(err)
	}
	return d.logged(event, func(map[string]any) bool { n--; return n == 0 })
}

// SIGHUP reloads the YAML file: a removed dependency is told as gone, a new one is watched, an
// invalid file is refused with all its problems, and settings that need a restart are named.
func TestSIGHUPReloadsTheFile(t *testing.T) {
	const dependency = "dependencies: [{name: %s, tcp: {addr: '%s'}}]\n"
	file := newSettingsFile(t, fmt.Sprintf(dependency, "db", freeAddress(t)))
	api := chat(t)
	d := start(t, append(telegramSettings(api), "WATCHDOG_CONFIG="+file.path)...)
	if m := wait(t, api, 1)[0]; m.FirstLine() != "🔴 ALERT dep_down:db · web-1" {
		t.Fatalf("got %q", m.Plain)
	}

	file.write("dependencies: [{name: db, tcp: {}}]\ntick: 3s\nnonsense: 1\n")
	d.hangUp("reload_failed", 1)
	d.logged("reload_failed", func(l map[string]any) bool { return strings.Contains(fmt.Sprint(l["detail"]), "nonsense") })
	d.logged("reload_failed", func(l map[string]any) bool { return strings.Contains(fmt.Sprint(l["detail"]), "addr") })

	file.write(fmt.Sprintf(dependency, "cache", freeAddress(t)) + "listen: 127.0.0.1:9999\nsignals: {'dep_down:*': {raise_ticks: 1}}\n")
	l := d.hangUp("reloaded", 1)
	if fmt.Sprint(l["added"], l["removed"]) != "[dep:cache] [dep:db]" {
		t.Errorf("got %v", l)
	}
	if got := fmt.Sprint(l["settings"]); got != "[dependencies.cache dependencies.db signals.dep_down:*]" {
		t.Errorf("as changed settings it names %s", got)
	}
	if m := find(t, api, "RECOVERED dep_down:db"); !strings.Contains(m.Plain, "gone") {
		t.Errorf("got %q", m.Plain)
	}
	find(t, api, "ALERT dep_down:cache")
	if code, _ := d.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// SIGHUP reloads the files of secrets too, and neither the old nor the new secret is ever shown.
func TestSIGHUPReloadsSecrets(t *testing.T) {
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
	if l := d.hangUp("reloaded", 1); fmt.Sprint(l["settings"], l["replaced"]) != "[WATCHDOG_ORCH_TOKEN] [orchestrator]" {
		t.Errorf("got %v", l)
	}
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

// With many reloads while there is news, each item is told once, in order.
func TestReloadsUnderLoad(t *testing.T) {
	orch, api := newOrchestrator(t), chat(t)
	file := newSettingsFile(t, "")
	d := start(t, append(telegramSettings(api), "WATCHDOG_CONFIG="+file.path, "WATCHDOG_ORCH_URL="+orch.URL)...)
	d.logged("observation", func(l map[string]any) bool { return l["signal"] == "orch_down" && l["state"] == "ok" })
	reloads := 0
	reload := func() {
		reloads++
		file.write(fmt.Sprintf("cooldown: 2h%dm\ndependencies: [{name: n%d, tcp: {addr: '%s'}, interval: 1h}]\n", reloads, reloads%2, freeAddress(t)))
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

// A changed threshold and a changed cooldown apply at once, also to known signals.
func TestSIGHUPTakesThresholdsAndCooldowns(t *testing.T) {
	const rule = "orchestrator: {rules: [{name: depth, field: queue.depth, raise: '> %d'}]}\ncooldown: %s\n"
	orch, api := newOrchestrator(t), chat(t) // the depth of its queue is 3
	file := newSettingsFile(t, fmt.Sprintf(rule, 100, "1h"))
	d := start(t, append(telegramSettings(api), "WATCHDOG_CONFIG="+file.path, "WATCHDOG_ORCH_URL="+orch.URL)...)
	d.logged("observation", func(l map[string]any) bool { return l["signal"] == "orch_rule:depth" && l["state"] == "ok" })
	file.write(fmt.Sprintf(rule, 2, "1h"))
	if l := d.hangUp("reloaded", 1); fmt.Sprint(l["settings"], l["replaced"]) != "[orchestrator.rules.depth] [orchestrator]" {
		t.Errorf("got %v", l)
	}
	find(t, api, "ALERT orch_rule:depth")
	file.write(fmt.Sprintf(rule, 2, "2s"))
	if l := d.hangUp("reloaded", 2); fmt.Sprint(l["settings"], l["replaced"]) != "[WATCHDOG_COOLDOWN] []" {
		t.Errorf("got %v", l)
	}
	find(t, api, "STILL orch_rule:depth")
	d.stop()
}

// Changed settings that need a restart are named at each reload, without values.
func TestSIGHUPNamesWhatNeedsARestart(t *testing.T) {
	heartbeat := newSettingsFile(t, "http://"+freeAddress(t)+"/first-secret-id")
	file := newSettingsFile(t, "")
	d := start(t, "WATCHDOG_CONFIG="+file.path, "WATCHDOG_HEARTBEAT_URL_FILE="+heartbeat.path)
	d.logged("started", nil)
	later := func() (names []string) {
		d.mu.Lock()
		defer d.mu.Unlock()
		for _, l := range d.log {
			if name, is := strings.CutSuffix(fmt.Sprint(l["detail"]), " has changed: it takes effect after a restart"); is {
				names = append(names, name)
			}
		}
		return names
	}
	if l := d.hangUp("reloaded", 1); fmt.Sprint(l["settings"]) != "[]" {
		t.Errorf("nothing changed, but it reports %v", l)
	}
	file.write("state_file: /nowhere/state\n")
	heartbeat.write("http://" + freeAddress(t) + "/second-secret-id")
	if l := d.hangUp("reloaded", 2); fmt.Sprint(l["settings"]) != "[]" {
		t.Errorf("got %v", l)
	}
	file.write("state_file: /nowhere/state\ncooldown: 3h\n")
	if l := d.hangUp("reloaded", 3); fmt.Sprint(l["settings"]) != "[WATCHDOG_COOLDOWN]" {
		t.Errorf("got %v", l)
	}
	file.write("enabled: false\n")
	d.hangUp("reload_failed", 1)
	if code, _ := d.stop(); code != 0 || strings.Contains(d.written(), "-secret-id") {
		t.Errorf("exit code %d:\n%s", code, d.written())
	}
	want := "WATCHDOG_HEARTBEAT_URL WATCHDOG_STATE_FILE WATCHDOG_HEARTBEAT_URL WATCHDOG_STATE_FILE"
	if got := strings.Join(later(), " "); got != want {
		t.Errorf("need a restart: %s, want %s", got, want)
	}
}

// A file of settings that hangs when it is read delays nothing: the watch goes on, the failure is
// logged after a while, and a later SIGHUP works.
func TestSIGHUPAtAFileThatHangs(t *testing.T) {
	t.Parallel()
	orch, api := newOrchestrator(t), chat(t)
	file := newSettingsFile(t, "")
	d := start(t, append(telegramSettings(api), "WATCHDOG_CONFIG="+file.path, "WATCHDOG_ORCH_URL="+orch.URL)...)
	d.logged("observation", func(l map[string]any) bool { return l["signal"] == "orch_down" && l["state"] == "ok" })
	if err := os.Remove(file.path); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(file.path, 0o600); err != nil { // opening it waits for a writer
		t.Fatal(err)
	}
	if err := d.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	orch.answers(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	find(t, api, "ALERT orch_down")
	d.logged("reload_failed", func(l map[string]any) bool {
		return strings.Contains(fmt.Sprint(l["detail"]), "could not be read within 10s")
	})
	d.hangUp("reload_failed", 2) // it still hangs

	writer, err := os.OpenFile(file.path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_ = writer.Close()
	_ = os.Remove(file.path)
	file.write("cooldown: 3h\n")
	for range 100 { // the hanging read returns some time later
		if err := d.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		if time.Sleep(50 * time.Millisecond); d.count("reloaded") > 0 {
			break
		}
	}
	if l := d.logged("reloaded", nil); fmt.Sprint(l["settings"]) != "[WATCHDOG_COOLDOWN]" {
		t.Errorf("got %v", l)
	}
	d.stop()
}

// SIGHUP does not change a disabled watchdog.
func TestSIGHUPDoesNotEndADisabledWatchdog(t *testing.T) {
	d := start(t, "WATCHDOG_ENABLED=false")
	d.logged("disabled", nil)
	d.hangUp("reload_failed", 1)
	if code, _ := d.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// A changed file is reloaded automatically. An invalid file is refused, and the former settings stay.
func TestAChangedFileIsReloaded(t *testing.T) {
	t.Parallel()
	file := newSettingsFile(t, "cooldown: 1h\n")
	d := start(t, "WATCHDOG_CONFIG="+file.path)
	d.logged("started", func(map[string]any) bool { return true })
	file.write("cooldown: 2h\n")
	if l := d.logged("reloaded", func(map[string]any) bool { return true }); fmt.Sprint(l["settings"]) != "[WATCHDOG_COOLDOWN]" {
		t.Errorf("got %v", l)
	}
	file.write("cooldown: never\n")
	d.logged("reload_failed", func(map[string]any) bool { return true })
	if code, _ := d.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
