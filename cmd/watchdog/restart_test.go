package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"orchestrator-watchdog/actors/notifier/telegram/fakeapi"
)

// kill ends the daemon as a power cut would.
func (d *daemon) kill() {
	_ = d.cmd.Process.Kill()
	<-d.ended
}

// down returns an orchestrator that fails, a chat, and the settings of a watchdog for both.
func down(t *testing.T) (*fakeOrchestrator, *fakeapi.Server, []string) {
	orch, api := newOrchestrator(t), chat(t)
	orch.answers(broken)
	return orch, api, append(telegramSettings(api), "WATCHDOG_ORCH_URL="+orch.URL)
}

// Without a state file a restart forgets: what is still active is told again, and a recovery in
// between is not told.
func TestWithoutAStateFileARestartForgets(t *testing.T) {
	t.Parallel()
	orch, api, settings := down(t)
	for lives := 1; lives <= 2; lives++ {
		d := start(t, settings...)
		if m := wait(t, api, lives)[lives-1]; m.FirstLine() != "🔴 ALERT orch_down · web-1" {
			t.Errorf("got %+v", m)
		}
		d.kill()
	}
	orch.answers(envelope(1))
	d := start(t, settings...)
	d.logged("observation", func(l map[string]any) bool { return l["signal"] == "orch_down" && l["state"] == "ok" })
	if d.stop(); len(api.Messages()) != 2 {
		t.Errorf("%d messages", len(api.Messages()))
	}
}

// A raised default rule outlives a restart: while its window fills, and even if its field is gone, no
// recovery is told.
func TestADefaultRuleOutlivesARestart(t *testing.T) {
	t.Parallel()
	fields := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"schema_version":1,%s}`, text) }
	}
	orch, api := newOrchestrator(t), chat(t)
	orch.answers(fields(`"uptime_s":86400`))
	settings := append(telegramSettings(api), "WATCHDOG_ORCH_URL="+orch.URL, "WATCHDOG_STATE_FILE="+filepath.Join(t.TempDir(), "state"))
	d := start(t, settings...)
	observed := func(detail string) {
		t.Helper()
		d.logged("observation", func(l map[string]any) bool {
			return l["signal"] == "orch_rule:restarted" && l["state"] == "unknown" && strings.Contains(fmt.Sprint(l["detail"]), detail)
		})
	}
	observed("collecting")
	orch.answers(fields(`"uptime_s":5`))
	find(t, api, "ALERT orch_rule:restarted")
	d.stop()
	d = start(t, settings...)
	observed("collecting")
	d.stop()
	orch.answers(fields(`"uptime":5`))
	d = start(t, settings...)
	observed("the envelope has no uptime_s")
	if d.stop(); len(api.Messages()) != 1 {
		t.Errorf("%d messages, want only the alert: %+v", len(api.Messages()), api.Messages())
	}
}

// A problem with the state file or its disk is one warning, and the watch goes on. When it is fixed,
// one line says so.
func TestTheWatchGoesOnWithoutItsStateFile(t *testing.T) {
	text := func(content string) func(*testing.T, string) {
		return func(t *testing.T, path string) { must(t, os.WriteFile(path, []byte(content), 0o600)) }
	}
	for name, c := range map[string]struct {
		spoil  func(t *testing.T, path string)
		says   string
		remedy func(path string) error
	}{
		"damaged":     {text("0\n{}"), "it was set aside as", nil},
		"a directory": {func(t *testing.T, path string) { must(t, os.Mkdir(path, 0o700)) }, "not a regular file but a directory", os.Remove},
		"no directory": {func(t *testing.T, path string) { must(t, os.Remove(filepath.Dir(path))) }, "make the directory", func(path string) error {
			return os.Mkdir(filepath.Dir(path), 0o700)
		}},
		"a full disk": {func(t *testing.T, path string) {
			tmpfs(t, filepath.Dir(path))
			must(t, os.WriteFile(path+".ballast", make([]byte, 64<<10), 0o600))
		}, "make room on its disk", func(path string) error { return os.Remove(path + ".ballast") }},
		"a read-only disk": {func(t *testing.T, path string) {
			tmpfs(t, filepath.Dir(path))
			must(t, remount(path, syscall.MS_RDONLY))
		}, "mount a writable volume at", func(path string) error { return remount(path, 0) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "volume", "state")
			must(t, os.Mkdir(filepath.Dir(path), 0o700))
			c.spoil(t, path)
			orch, api, settings := down(t)
			d := start(t, append(settings, "WATCHDOG_STATE_FILE="+path)...)
			find(t, api, "ALERT orch_down")
			if c.remedy != nil {
				must(t, c.remedy(path))
			}
			orch.answers(envelope(1))
			find(t, api, "RECOVERED orch_down")
			again := 0
			if c.remedy != nil {
				again = 1
				d.logged("state_saved_again", nil)
			}
			d.ends(api, "ALERT orch_down", "RECOVERED orch_down")
			warnings := d.count("state_unusable") + d.count("state_not_saved")
			if warnings != 1 || !strings.Contains(d.written(), c.says) || d.count("state_saved_again") != again || d.count("state_slow") > 1 {
				t.Errorf("%d warnings, want one with %q, and %d events state_saved_again:\n%s", warnings, c.says, again, d.written())
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("no state was saved: %v", err)
			}
		})
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tmpfs mounts a small disk.
func tmpfs(t *testing.T, dir string) {
	t.Helper()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("SKIPPED: needs the right to mount a tmpfs: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
}

func remount(path string, flags uintptr) error {
	return syscall.Mount("", filepath.Dir(path), "", syscall.MS_REMOUNT|flags, "size=64k")
}

// Two watchdogs with one state file both watch and tell. The second one logs the conflict, and takes
// the file over when the first is gone.
func TestTwoWatchdogsWithOneStateFile(t *testing.T) {
	t.Parallel()
	_, api, settings := down(t)
	path := filepath.Join(t.TempDir(), "state")
	settings = append(settings, "WATCHDOG_STATE_FILE="+path)
	first := start(t, settings...)
	find(t, api, "ALERT orch_down")
	untilKept(t, path, func(s snapshot) bool { return s.there && len(s.pending) == 0 }, "the alert as delivered")
	second := start(t, settings...)
	if line := second.logged("state_not_saved", nil); !strings.Contains(fmt.Sprint(line["detail"]), "another process keeps its state in this file") {
		t.Errorf("got %v", line)
	}
	first.kill()
	second.logged("state_saved_again", nil) // it retries by itself
	if second.stop(); second.count("state_not_saved") != 1 || first.count("state_not_saved") != 0 || len(api.Messages()) != 1 {
		t.Errorf("%d warnings, %d messages:\n%s", second.count("state_not_saved"), len(api.Messages()), second.written())
	}
}

// One-shots within the cooldown are counted across a kill, and the next message gives the count.
func TestOneShotsAreCountedAcrossAKill(t *testing.T) {
	t.Parallel()
	d := newDay(t)
	proc := t.TempDir()
	kills := 0
	happens := func() {
		kills++
		must(t, os.WriteFile(filepath.Join(proc, "vmstat"), fmt.Appendf(nil, "oom_kill %d\n", kills), 0o600))
	}
	happens()
	begin := func(cooldown string) *daemon {
		must(t, os.WriteFile(d.config, []byte("signals: {host_oom: {cooldown: "+cooldown+"}}\n"), 0o600))
		return start(t, append(d.settings(), "WATCHDOG_HOST_ENABLED=true", "WATCHDOG_HOST_PROC="+proc, "WATCHDOG_LOG_OBSERVATIONS=all")...)
	}
	// read waits for the next reading.
	read := func(w *daemon) {
		w.loggedAnew("observation", func(l map[string]any) bool { return l["probe"] == "host" })
	}
	first := begin("1h")
	read(first)
	happens()
	if m := find(t, d.api, "EVENT host_oom"); strings.Contains(m.Plain, "times since") {
		t.Errorf("got %+v", m)
	}
	for n := 1; n <= 3; n++ {
		happens()
		d.until(func(s snapshot) bool { return s.uncounted["host_oom"] == n }, "the count of one-shots")
	}
	first.kill()

	second := begin("1ms")
	read(second)
	happens()
	find(t, d.api, "4 times since the last one was told")
	second.stop()
}

// loggedAnew waits for an event that is logged after this call.
func (d *daemon) loggedAnew(event string, wanted func(map[string]any) bool) {
	d.t.Helper()
	before := d.count(event)
	seen := 0
	d.logged(event, func(l map[string]any) bool {
		seen++
		return seen > before && (wanted == nil || wanted(l))
	})
}
