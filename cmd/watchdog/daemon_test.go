package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"orchestrator-watchdog/actors/notifier/telegram/fakeapi"
)

// daemon is a watchdog that runs as a separate process.
type daemon struct {
	t      testing.TB
	cmd    *exec.Cmd
	mu     sync.Mutex
	log    []map[string]any
	output bytes.Buffer // everything that it wrote
	grown  chan struct{}
	ended  chan error
	exited chan struct{}

	earlier []*daemon // those with the same state file
}

var daemons atomic.Int64 // numbers daemons, so that each has a control socket of its own

// start starts a daemon with a fast tick and these settings.
func start(t testing.TB, settings ...string) *daemon {
	t.Helper()
	return startBy(t, []string{"watchdog"}, settings...)
}

// startBy starts a daemon with a command that executes it.
func startBy(t testing.TB, command []string, settings ...string) *daemon {
	t.Helper()
	if testing.Short() {
		t.Skip("SKIPPED: -short")
	}
	d := &daemon{t: t, grown: make(chan struct{}), ended: make(chan error, 1)}
	d.cmd = exec.Command(command[0], command[1:]...)
	d.cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "WATCHDOG_TICK=100ms", "WATCHDOG_HOST_ENABLED=false", "WATCHDOG_DOCKER_HOST=off",
		"WATCHDOG_LISTEN=off", fmt.Sprintf("WATCHDOG_CONTROL=@watchdog-test-%d-%d", os.Getpid(), daemons.Add(1)), "WATCHDOG_GROUP_WAIT=100ms", "WATCHDOG_HOST_LABEL=web-1",
	}, settings...)
	d.earlier = d.begun()
	out, err := d.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	d.cmd.Stderr = lockedWriter{d}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() { d.read(out); close(read) }()
	d.exited = make(chan struct{})
	go func() { <-read; d.ended <- d.cmd.Wait(); close(d.exited) }()
	t.Cleanup(func() {
		_ = d.cmd.Process.Kill()
		d.replays()
	})
	return d
}

type lockedWriter struct{ d *daemon }

func (w lockedWriter) Write(p []byte) (int, error) {
	w.d.mu.Lock()
	defer w.d.mu.Unlock()
	return w.d.output.Write(p)
}

func (d *daemon) read(out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line map[string]any
		d.mu.Lock()
		d.output.WriteString(lines.Text() + "\n")
		err := json.Unmarshal(lines.Bytes(), &line)
		if err != nil || line["ts"] == nil || line["level"] == nil || line["msg"] == nil || line["actor"] == nil {
			d.t.Errorf("not a JSON line with ts, level, msg and actor: %s", lines.Text())
		}
		d.log = append(d.log, line)
		close(d.grown)
		d.grown = make(chan struct{})
		d.mu.Unlock()
	}
}

// logged waits for a log event for which wanted returns true; nil accepts any.
func (d *daemon) logged(event string, wanted func(map[string]any) bool) map[string]any {
	d.t.Helper()
	return d.loggedTimes(1, event, wanted)
}

// loggedTimes waits for n such log events, and returns the last one.
func (d *daemon) loggedTimes(n int, event string, wanted func(map[string]any) bool) map[string]any {
	d.t.Helper()
	limit := time.After(20 * time.Second)
	for seen := 0; ; {
		d.mu.Lock()
		log, grown := d.log[seen:], d.grown
		seen = len(d.log)
		d.mu.Unlock()
		for _, line := range log {
			if line["msg"] != event || wanted != nil && !wanted(line) {
				continue
			}
			if n--; n == 0 {
				return line
			}
		}
		select {
		case <-grown:
		case <-limit:
			d.t.Fatalf("no event %s (%d are missing) in:\n%s", event, n, d.written())
		}
	}
}

func (d *daemon) count(event string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := 0
	for _, line := range d.log {
		if line["msg"] == event {
			n++
		}
	}
	return n
}

func (d *daemon) written() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.output.String()
}

// stop stops the daemon, and returns its exit code and how long the stop took.
func (d *daemon) stop() (code int, took time.Duration) {
	d.t.Helper()
	began := time.Now()
	_ = d.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-d.ended:
	case <-time.After(15 * time.Second):
		d.t.Fatalf("the daemon does not stop:\n%s", d.written())
	}
	return d.cmd.ProcessState.ExitCode(), time.Since(began)
}

// fakeOrchestrator is an orchestrator whose answers a test sets.
type fakeOrchestrator struct {
	*httptest.Server
	handler atomic.Pointer[http.HandlerFunc]
}

func newOrchestrator(t *testing.T) *fakeOrchestrator {
	o := &fakeOrchestrator{}
	o.answers(envelope(1))
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*o.handler.Load())(w, r) }))
	t.Cleanup(func() { o.CloseClientConnections(); o.Close() })
	return o
}

func (o *fakeOrchestrator) answers(h http.HandlerFunc) { o.handler.Store(&h) }

func envelope(schema int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"schema_version":%d,"generated_at":%q,"queue":{"depth":3}}`, schema, time.Now().Format(time.RFC3339))
	}
}

func chat(t testing.TB) *fakeapi.Server {
	s := fakeapi.New()
	t.Cleanup(s.Close)
	return s
}

func telegramSettings(s *fakeapi.Server) []string {
	return []string{"WATCHDOG_TELEGRAM_TOKEN=" + fakeapi.Token, "WATCHDOG_TELEGRAM_CHAT_ID=-1001", "WATCHDOG_TELEGRAM_API_URL=" + s.URL()}
}

// wait waits until the chat has n messages.
func wait(t testing.TB, s *fakeapi.Server, n int) []fakeapi.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	messages, err := s.Wait(ctx, func(m []fakeapi.Message) bool { return len(m) >= n })
	if err != nil {
		t.Fatal(err)
	}
	return messages
}

// find waits for a message that contains the text.
func find(t testing.TB, s *fakeapi.Server, text string) fakeapi.Message {
	t.Helper()
	return findWithin(t, s, 30*time.Second, text)
}

func findWithin(t testing.TB, s *fakeapi.Server, limit time.Duration, text string) fakeapi.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	holds := func(m fakeapi.Message) bool { return strings.Contains(m.Plain, text) }
	messages, err := s.Wait(ctx, func(m []fakeapi.Message) bool { return slices.ContainsFunc(m, holds) })
	if err != nil {
		t.Fatal(err)
	}
	return messages[slices.IndexFunc(messages, holds)]
}

// However an orchestrator fails, orch_down is told once and rings. Its RECOVERED is a silent reply.
func TestAnOrchestratorThatFailsIsTold(t *testing.T) {
	for name, failing := range map[string]http.HandlerFunc{
		"an HTML page":  func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html><b>hello</b></html>") },
		"half a JSON":   func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"schema_version":1,`) },
		"status 500":    func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"no answer":     func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"a closed line": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"no schema":     func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"generated_at":1}`) },
		"an endless answer": func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, `{"schema_version":1,"x":"`)
			for block := strings.Repeat("x", 1<<20); r.Context().Err() == nil; {
				if _, err := io.WriteString(w, block); err != nil {
					return
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			orch, api := newOrchestrator(t), chat(t)
			d := start(t, append(telegramSettings(api), "WATCHDOG_ORCH_URL="+orch.URL+"/metrics", "WATCHDOG_ORCH_TIMEOUT=300ms")...)
			d.logged("observation", func(l map[string]any) bool { return l["signal"] == "orch_down" && l["state"] == "ok" })
			orch.answers(failing)
			alert := wait(t, api, 1)[0]
			if alert.FirstLine() != "🔴 ALERT orch_down · web-1" || alert.Silent || !strings.Contains(alert.Plain, "since ") {
				t.Errorf("got %+v", alert)
			}
			orch.answers(envelope(1))
			recovered := wait(t, api, 2)[1]
			if recovered.FirstLine() != "🟢 RECOVERED orch_down · web-1" || recovered.ReplyTo != alert.ID || !recovered.Silent {
				t.Errorf("got %+v", recovered)
			}
			if code, took := d.stop(); code != 0 || took > 10*time.Second {
				t.Errorf("exit code %d after %s", code, took)
			}
			if strings.Contains(d.written(), fakeapi.Token) {
				t.Error("the token is in the log")
			}
		})
	}
}

// A newer schema causes one warning and no alert.
func TestANewerSchemaIsOneWarning(t *testing.T) {
	orch := newOrchestrator(t)
	orch.answers(envelope(7))
	d := start(t, "WATCHDOG_ORCH_URL="+orch.URL)
	d.logged("schema_newer", nil)
	for range 5 {
		d.logged("observation", func(l map[string]any) bool { return l["signal"] == "orch_down" && l["state"] == "ok" })
	}
	d.stop()
	if n := d.count("schema_newer"); n != 1 || d.count("raised") != 0 {
		t.Errorf("%d warnings, %d alarms", n, d.count("raised"))
	}
}

// Without a token the daemon runs and warns once; notifications go to the log.
func TestWithoutATokenTheLogIsTold(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	d := start(t, "WATCHDOG_ORCH_URL=http://"+l.Addr().String())
	if line := d.logged("sent", nil); line["channel"] != "log" || fmt.Sprint(line["signals"]) != "[orch_down]" {
		t.Errorf("got %v", line)
	}
	d.logged("raised", func(l map[string]any) bool { return l["signal"] == "orch_down" })
	if n := strings.Count(d.written(), "no WATCHDOG_TELEGRAM_TOKEN"); n != 1 {
		t.Errorf("%d warnings about the missing token, want 1", n)
	}
	if code, _ := d.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	for _, event := range []string{"started", "stopping", "stopped"} {
		d.logged(event, nil)
	}
}

// With the kill switch nothing is probed and nothing sent until the stop, even with invalid
// settings.
func TestTheKillSwitchIdles(t *testing.T) {
	var asked atomic.Int32
	orch, api := newOrchestrator(t), chat(t)
	orch.answers(func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	d := start(t, append(telegramSettings(api), "WATCHDOG_ENABLED=false", "WATCHDOG_ORCH_URL="+orch.URL, "WATCHDOG_RAISE_TICKS=nonsense")...)
	d.logged("disabled", nil)
	check := exec.Command("watchdog", "healthcheck")
	check.Env = []string{"WATCHDOG_ENABLED=false"}
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("healthcheck: %v: %s", err, out)
	}
	if code, _ := d.stop(); code != 0 || asked.Load() != 0 || api.Requests() != 0 {
		t.Errorf("exit code %d, %d scrapes, %d requests to Telegram", code, asked.Load(), api.Requests())
	}
}

// Invalid settings end with 2 and every problem, one a line.
func TestWrongSettingsEndWithEveryProblem(t *testing.T) {
	d := start(t, "WATCHDOG_TICK=x", "WATCHDOG_TELEGRAM_TOKEN=123:hunter2 x", "WATCHDOG_TELEGRAM_CHAT_ID=1")
	err := <-d.ended
	if code := d.cmd.ProcessState.ExitCode(); code != exitUsage {
		t.Errorf("exit code %d (%v), want 2", code, err)
	}
	if lines := strings.Split(strings.TrimSpace(d.written()), "\n"); len(lines) != 2 || !strings.Contains(d.written(), "WATCHDOG_TICK") || strings.Contains(d.written(), "hunter2") {
		t.Errorf("got %q", lines)
	}
}

// A channel that was unreachable tells an alert and its recovery as one MISSED.
func TestWhatCameAndWentWhileTheChannelWasAway(t *testing.T) {
	orch, api := newOrchestrator(t), chat(t)
	api.Always(fakeapi.Page{Status: http.StatusBadGateway})
	d := start(t, append(telegramSettings(api), "WATCHDOG_ORCH_URL="+orch.URL)...)
	d.logged("observation", nil)
	orch.answers(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	d.logged("send_failed", nil)
	orch.answers(envelope(1))
	d.logged("recovered", nil)
	api.Always(nil)
	if m := wait(t, api, 1)[0]; m.FirstLine() != "🟢 MISSED orch_down · web-1" {
		t.Errorf("got %+v", m)
	}
	if code, _ := d.stop(); code != 0 || len(api.Messages()) != 1 {
		t.Errorf("exit code %d, %d messages", code, len(api.Messages()))
	}
}
