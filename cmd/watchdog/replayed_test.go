package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
)

// noReplay are events after which the log can't be replayed with the settings at its end:
// others were in effect before.
var noReplay = []string{"reloaded", "disabled"}

// replays holds, when a test is over, that `watchdog replay` of the daemon's own log tells
// what the daemon told, signal by signal.
func (d *daemon) replays() {
	d.t.Helper()
	if d.t.Failed() || d.t.Skipped() {
		return
	}
	<-d.exited
	settings := strings.Join(d.cmd.Env, "\n")
	if d.count("started") != 1 || slices.ContainsFunc(noReplay, func(event string) bool { return d.count(event) > 0 }) ||
		strings.Contains(settings, "WATCHDOG_LOG_") || d.log[0]["restored"] == true {
		return
	}
	told, again := d.told(), d.toldAgain()
	for _, key := range slices.Sorted(maps.Keys(merged(told, again))) {
		was, is := told[key], again[key]
		if d.count("stopped") == 0 && len(is) == len(was)+1 {
			is = is[:len(was)] // it was killed between the observation and the line that tells
		}
		if !slices.Equal(was, is) {
			d.t.Errorf("%s: the daemon told %v, the replay of its log %v\n%s", key, was, is, d.linesOf(key))
		}
	}
}

func merged(a, b map[string][]string) map[string][]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// told is what the core told, by signal.
func (d *daemon) told() map[string][]string {
	told := make(map[string][]string)
	for _, l := range d.log {
		switch l["msg"] {
		case "raised", "recovered", "reminded", "flapping":
			key := fmt.Sprint(l["signal"])
			told[key] = append(told[key], fmt.Sprint(l["news"]))
		}
	}
	return told
}

// toldAgain is what a replay of the log tells.
func (d *daemon) toldAgain() map[string][]string {
	cmd := exec.Command("watchdog", "replay", "--json")
	cmd.Env, cmd.Stdin = d.cmd.Env, strings.NewReader(d.written())
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		d.t.Errorf("replay: %v\n%s", err, exit.Stderr)
	}
	told := make(map[string][]string)
	for line := range strings.Lines(string(out)) {
		var l struct{ Kind, Signal string }
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			d.t.Errorf("replay: %q: %v", line, err)
		}
		told[l.Signal] = append(told[l.Signal], l.Kind)
	}
	return told
}

// linesOf are the lines of the log about a signal.
func (d *daemon) linesOf(key string) string {
	var b strings.Builder
	for line := range strings.Lines(d.written()) {
		if strings.Contains(line, key) || strings.Contains(line, `"started"`) {
			b.WriteString(line)
		}
	}
	return b.String()
}
