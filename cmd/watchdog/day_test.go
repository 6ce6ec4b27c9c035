package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"orchestrator-watchdog/actors/notifier/telegram/fakeapi"
)

// day is a world in which things break and recover by a script, with one watchdog that may be
// killed. Each step of the script waits until its news has reached the chat and the state file,
// so nothing depends on timing.
type day struct {
	t       *testing.T
	api     *fakeapi.Server
	orch    *fakeOrchestrator
	depth   atomic.Int64 // of the orchestrator's queue
	deps    map[string]*atomic.Bool
	config  string
	state   string
	between func(change func()) // changes the world while no watchdog runs
}

func newDay(t *testing.T) *day {
	d := &day{t: t, api: chat(t), orch: newOrchestrator(t), deps: make(map[string]*atomic.Bool)}
	d.between = func(change func()) { change() }
	d.orch.answers(d.envelope)
	var text strings.Builder
	fmt.Fprintf(&text, "orchestrator:\n  url: %s\n  default_rules: false\n  rules:\n  - {name: queue, field: queue.depth, raise: '> 10', raise_critical: '> 100'}\ndependencies:\n", d.orch.URL)
	for _, name := range []string{"a", "b", "flaky"} {
		down := new(atomic.Bool)
		d.deps[name] = down
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if down.Load() {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		}))
		t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
		fmt.Fprintf(&text, "- {name: %s, http: {url: %q}}\n", name, server.URL)
	}
	dir := t.TempDir()
	d.config, d.state = filepath.Join(dir, "watchdog.yaml"), filepath.Join(dir, "volume", "state")
	if err := errors.Join(os.WriteFile(d.config, []byte(text.String()), 0o600), os.Mkdir(filepath.Dir(d.state), 0o700)); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *day) settings() []string {
	return append(telegramSettings(d.api), "WATCHDOG_CONFIG="+d.config, "WATCHDOG_STATE_FILE="+d.state, "WATCHDOG_ORCH_DOWN_TICKS=2")
}

func (d *day) envelope(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"schema_version":1,"queue":{"depth":%d}}`, d.depth.Load())
}

func broken(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }

// live is the script.
func (d *day) live() {
	d.depth.Store(50)
	d.told("ALERT orch_rule:queue")
	d.depth.Store(500)
	d.told("WORSE orch_rule:queue")

	d.deps["a"].Store(true)
	d.deps["b"].Store(true)
	d.told("ALERT dep_down:a", "ALERT dep_down:b")
	d.deps["a"].Store(false)
	d.told("RECOVERED dep_down:a")

	// The orchestrator comes back with an empty queue.
	d.orch.answers(broken)
	d.told("ALERT orch_down")
	d.depth.Store(0)
	d.orch.answers(d.envelope)
	d.told("RECOVERED orch_down", "RECOVERED orch_rule:queue")

	// Fixed while no watchdog runs.
	d.between(func() { d.deps["b"].Store(false) })
	d.told("RECOVERED dep_down:b")

	// The sixth change within the hour.
	for _, want := range []string{"ALERT", "RECOVERED", "ALERT", "RECOVERED", "ALERT", "FLAPPING"} {
		d.deps["flaky"].Store(want == "ALERT")
		d.told(want + " dep_down:flaky")
	}

	// A failure that comes and goes while the chat can't be reached.
	d.api.Always(fakeapi.Page{Status: http.StatusBadGateway})
	d.deps["a"].Store(true)
	d.waits("ALERT dep_down:a")
	d.deps["a"].Store(false)
	d.waits("MISSED dep_down:a")
	d.api.Always(nil)
	d.told("MISSED dep_down:a")

	// Broken while no watchdog runs.
	d.between(func() { d.deps["b"].Store(true) })
	d.told("ALERT dep_down:b")
}

// stepPatience is how long a step may take on a busy machine.
const stepPatience = time.Minute

// told waits until the news is the latest about its signals in the chat, and the state file has it
// as delivered.
func (d *day) told(news ...string) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), stepPatience)
	defer cancel()
	if _, err := d.api.Wait(ctx, func(m []fakeapi.Message) bool {
		latest := make(map[string]string)
		for _, item := range itemsOf(m) {
			latest[item.signal()] = item.news
		}
		return !slices.ContainsFunc(news, func(n string) bool { return latest[item{news: n}.signal()] != n })
	}); err != nil {
		d.t.Fatalf("waiting for %q: %v", news, err)
	}
	d.until(func(s snapshot) bool { return s.there && len(s.pending) == 0 }, "no pending news")
}

// waits waits until the state file has the news as pending.
func (d *day) waits(news string) {
	d.t.Helper()
	d.until(func(s snapshot) bool { return slices.Contains(s.pending, news) }, news)
}

func (d *day) until(holds func(snapshot) bool, what string) {
	d.t.Helper()
	untilKept(d.t, d.state, holds, what)
}

// untilKept waits until holds returns true for the state file.
func untilKept(t *testing.T, path string, holds func(snapshot) bool, what string) {
	t.Helper()
	limit := time.Now().Add(stepPatience)
	for s := snapshotOf(t, path); !holds(s); s = snapshotOf(t, path) {
		if time.Now().After(limit) {
			t.Fatalf("timeout waiting for %s in the state file; pending: %q", what, s.pending)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// snapshot is the part of a state file that tests use.
type snapshot struct {
	there     bool
	pending   []string       // news for the chat
	uncounted map[string]int // one-shots by signal
}

// snapshotOf reads a state file, which must be complete at any moment.
func snapshotOf(t *testing.T, path string) snapshot {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return snapshot{}
	}
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := bytes.Cut(content, []byte("\n"))
	var file struct {
		Signals []struct {
			Key       string
			Uncounted int
		}
		Channels []struct {
			Name            string
			Pending, Events []struct{ News, Signal string }
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatalf("the state file is incomplete: %v:\n%s", err, content)
	}
	s := snapshot{there: true, uncounted: make(map[string]int)}
	for _, sig := range file.Signals {
		s.uncounted[sig.Key] = sig.Uncounted
	}
	for _, ch := range file.Channels {
		for _, n := range append(ch.Pending, ch.Events...) {
			if ch.Name == "telegram" {
				s.pending = append(s.pending, n.News+" "+n.Signal)
			}
		}
	}
	return s
}

// item is one item of news in the chat, as "ALERT orch_down".
type item struct {
	news    string
	message fakeapi.Message
	alone   bool // whether it is the only item of its message
}

func (i item) signal() string { return i.news[strings.Index(i.news, " ")+1:] }

var newsLine = regexp.MustCompile(`(?m)^\S+ ((?:ALERT|WORSE|STILL|RECOVERED|FLAPPING|EVENT|MISSED) \S+) · web-1$`)

// itemsOf splits messages into items.
func itemsOf(messages []fakeapi.Message) []item {
	var items []item
	for _, m := range messages {
		lines := newsLine.FindAllStringSubmatch(m.Plain, -1)
		for _, line := range lines {
			items = append(items, item{line[1], m, len(lines) == 1})
		}
	}
	return items
}
