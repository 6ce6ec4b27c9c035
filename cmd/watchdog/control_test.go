package main

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
)

// asks runs a command with the settings of the daemon.
func (d *daemon) asks(args ...string) (out, errs string, code int) {
	d.t.Helper()
	cmd := exec.Command("watchdog", args...)
	cmd.Env = d.cmd.Env
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		d.t.Fatal(err)
	}
	return stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
}

// `watchdog reload` says what changed, that nothing changed, or every problem of an invalid file.
func TestReloadByTheControlSocket(t *testing.T) {
	t.Parallel()
	file := newSettingsFile(t, "cooldown: 1h\n")
	d := start(t, "WATCHDOG_CONFIG="+file.path, "WATCHDOG_RELOAD=manual")
	d.logged("started", nil)
	file.write("cooldown: 2h\ndependencies: [{name: db, tcp: {addr: '127.0.0.1:1'}}]\n")
	out, errs, code := d.asksUntil(0, "reload")
	if want := "settings that changed: WATCHDOG_COOLDOWN, dependencies.db\nstarted: dep:db\n"; !strings.HasPrefix(out, want) || errs != "" || code != 0 {
		t.Errorf("exit code %d, got %q %q, want %q", code, out, errs, want)
	}
	if out, _, code := d.asks("reload"); !strings.HasPrefix(out, "reloaded: nothing has changed\n") || code != 0 {
		t.Errorf("exit code %d, got %q", code, out)
	}
	file.write("cooldown: never\nnonsense: 1\n")
	if out, errs, code := d.asks("reload"); out != "" || code != exitUsage ||
		!strings.Contains(errs, "cooldown") || !strings.Contains(errs, "nonsense") || !strings.Contains(errs, "the former settings stay in effect") {
		t.Errorf("exit code %d, got %q %q", code, out, errs)
	}
	d.logged("reload_failed", nil)
	if code, _ := d.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if _, errs, code := d.asks("reload"); code != exitNotWell || !strings.Contains(errs, "no watchdog answers at @watchdog-test-") {
		t.Errorf("exit code %d, got %q", code, errs)
	}
}

// asksUntil repeats a command until it exits with the code, because the daemon listens only some time
// after its start.
func (d *daemon) asksUntil(code int, args ...string) (out, errs string, got int) {
	d.t.Helper()
	for range 100 {
		if out, errs, got = d.asks(args...); got == code {
			return out, errs, got
		}
	}
	return out, errs, got
}

// A disabled daemon says so, and a daemon without a socket can't be asked.
func TestReloadOfADisabledWatchdog(t *testing.T) {
	t.Parallel()
	d := start(t, "WATCHDOG_ENABLED=false")
	d.logged("disabled", nil)
	if _, errs, code := d.asksUntil(exitUsage, "reload"); code != exitUsage || !strings.Contains(errs, "WATCHDOG_ENABLED needs a restart") {
		t.Errorf("exit code %d, got %q", code, errs)
	}
	d.cmd.Env = append(d.cmd.Env, "WATCHDOG_CONTROL=off")
	if _, errs, code := d.asks("reload"); code != exitNotWell || !strings.Contains(errs, "WATCHDOG_CONTROL=off") {
		t.Errorf("exit code %d, got %q", code, errs)
	}
	if code, _ := d.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
