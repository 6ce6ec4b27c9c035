package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"sync"
)

// noReplay are events after which the log can't be replayed with the daemon's settings, because
// other settings were in effect for a part of it.
var noReplay = []string{"reloaded", "disabled"}

// runs holds the daemons that were started with a state file, by its path. Each continues from the
// state of the one before.
var runs sync.Map

// begun records the start of a daemon, and returns the daemons whose state it may continue.
func (d *daemon) begun() (earlier []*daemon) {
	path := d.setting("WATCHDOG_STATE_FILE")
	if path == "" {
		return nil
	}
	if all, ok := runs.Load(path); ok {
		earlier = all.([]*daemon)
	}
	runs.Store(path, append(slices.Clip(earlier), d))
	return earlier
}

func (d *daemon) setting(name string) string {
	value := ""
	for _, pair := range d.cmd.Env {
		if n, v, _ := strings.Cut(pair, "="); n == name {
			value = v // the last one counts
		}
	}
	return value
}

// replays checks, at the end of a test, that `watchdog replay` of the daemon's own log tells for
// each signal what the daemon told, and what its log channel was told. A restored daemon is
// replayed together with those whose state it continued.
func (d *daemon) replays() {
	d.t.Helper()
	if d.t.Failed() || d.t.Skipped() {
		return
	}
	<-d.exited
	logs, told, heard := "", make(map[string][]string), make(map[string][]string)
	for _, run := range d.lineage() {
		if !run.replayable() {
			return
		}
		logs += run.written()
		for key, news := range run.told() {
			told[key] = append(told[key], news...)
		}
		for key, news := range run.heard() {
			heard[key] = append(heard[key], news...)
		}
	}
	again := d.toldAgain(logs)
	for _, key := range slices.Sorted(maps.Keys(merged(told, again))) {
		was, is := told[key], again[key]
		if d.count("stopped") == 0 && len(is) == len(was)+1 {
			is = is[:len(was)] // it was killed between the observation and the line that tells
		}
		if !slices.Equal(was, is) {
			d.t.Errorf("%s: the daemon told %v, the replay of its log %v\n%s", key, was, is, d.linesOf(key))
		}
		if d.count("stopped") > 0 && !slices.Contains(heard[key], "MISSED") && !slices.Equal(was, heard[key]) {
			d.t.Errorf("%s: the daemon told %v, its log channel was told %v\n%s", key, was, heard[key], d.linesOf(key))
		}
	}
}

// lineage returns the runs whose logs, joined, are the log of one watchdog: only this one, unless it
// was restored.
func (d *daemon) lineage() []*daemon {
	if len(d.log) == 0 || d.log[0]["restored"] != true {
		return []*daemon{d}
	}
	return append(slices.Clip(d.earlier), d)
}

// replayable reports whether all of the log was written with the same settings and contains every
// observation that matters. A killed daemon may have saved less than it logged.
func (d *daemon) replayable() bool {
	<-d.exited
	settings := strings.Join(d.cmd.Env, "\n")
	return d.count("started") == 1 && !slices.ContainsFunc(noReplay, func(event string) bool { return d.count(event) > 0 }) &&
		!strings.Contains(settings, "WATCHDOG_LOG_") && (d.count("stopped") > 0 || len(d.earlier) == 0)
}

func merged(a, b map[string][]string) map[string][]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// told returns what the core told, by signal.
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

// heard returns what the log channel was told, by signal.
func (d *daemon) heard() map[string][]string {
	heard := make(map[string][]string)
	for _, l := range d.log {
		if l["msg"] == "notification" {
			key := fmt.Sprint(l["signal"])
			heard[key] = append(heard[key], fmt.Sprint(l["news"]))
		}
	}
	return heard
}

// toldAgain returns what a replay of the logs tells, by signal.
func (d *daemon) toldAgain(logs string) map[string][]string {
	cmd := exec.Command("watchdog", "replay", "--json")
	cmd.Env, cmd.Stdin = d.cmd.Env, strings.NewReader(logs)
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

// linesOf returns the lines of the log about a signal.
func (d *daemon) linesOf(key string) string {
	var b strings.Builder
	for line := range strings.Lines(d.written()) {
		if strings.Contains(line, key) || strings.Contains(line, `"started"`) {
			b.WriteString(line)
		}
	}
	return b.String()
}
