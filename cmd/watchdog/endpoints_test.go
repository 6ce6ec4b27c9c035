package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// answer requests an endpoint of the daemon.
func answer(t *testing.T, url string) (status int, body string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// asked returns the answer without its final newline.
func asked(t *testing.T, url string) (status int, body string) {
	t.Helper()
	status, body = answer(t, url)
	return status, strings.TrimSpace(body)
}

// get returns only the body of the answer.
func get(t *testing.T, url string) string {
	t.Helper()
	_, body := answer(t, url)
	return body
}

// A daemon is well from the start, and ready once every probe has reported.
func TestReadyIsAfterTheFirstPass(t *testing.T) {
	t.Parallel()
	orch, listen, slow := newOrchestrator(t), freeAddress(t), make(chan struct{})
	orch.answers(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-slow:
		case <-r.Context().Done():
		}
		envelope(1)(w, r)
	})
	d := start(t, "WATCHDOG_ORCH_URL="+orch.URL, "WATCHDOG_ORCH_TIMEOUT=1m", "WATCHDOG_LISTEN="+listen)
	d.logged("listening", nil)
	if status, body := asked(t, "http://"+listen+"/readyz"); status != 503 || body != `{"status":"starting","reasons":["not every probe has reported yet"]}` {
		t.Errorf("before the first pass: %d %s", status, body)
	}
	if status, body := asked(t, "http://"+listen+"/healthz"); status != 200 || body != `{"status":"ok","reasons":[]}` {
		t.Errorf("healthz: %d %s", status, body)
	}
	close(slow)
	d.logged("observation", func(l map[string]any) bool { return l["signal"] == "orch_down" })
	if status, body := asked(t, "http://"+listen+"/readyz"); status != 200 || body != `{"status":"ok","reasons":[]}` {
		t.Errorf("after the first pass: %d %s", status, body)
	}
	d.stop()
}

// busy starts a daemon with a raised rule, a signal that is ok, a channel that works and one that
// fails. It returns the address of its endpoints.
func busy(t *testing.T) (listen string) {
	t.Helper()
	listen = freeAddress(t)
	d := start(t, "WATCHDOG_LISTEN="+listen, "WATCHDOG_ORCH_URL="+newOrchestrator(t).URL, "WATCHDOG_ALERTMANAGER_URL=http://"+freeAddress(t),
		file(t, `orchestrator: {rules: [{name: deep, field: queue.depth, raise: "> 2"}]}`))
	d.logged("sent", nil)
	d.logged("send_failed", nil)
	return listen
}

// The metrics of a live process are the documented ones, and Prometheus' linter has no objections.
func TestTheMetricsOfALiveProcess(t *testing.T) {
	t.Parallel()
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("promtool is not installed: apt-get install prometheus")
		}
		t.Skip("promtool is not installed: apt-get install prometheus")
	}
	listen := busy(t)
	metrics := get(t, "http://"+listen+"/metrics")
	cmd := exec.Command(promtool, "check", "metrics")
	cmd.Stdin = strings.NewReader(metrics)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool: %v: %s", err, out)
	}
	var families []string
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (watchdog_\S+)`).FindAllStringSubmatch(metrics, -1) {
		families = append(families, m[1])
	}
	if want := []string{
		"watchdog_actor_panics_total", "watchdog_actor_restarts_total", "watchdog_build_info", "watchdog_last_tick_timestamp_seconds",
		"watchdog_notifications_total", "watchdog_outbox_pending", "watchdog_probe_duration_seconds", "watchdog_probe_failures_total",
		"watchdog_signal_acknowledged", "watchdog_signal_announced", "watchdog_signal_level", "watchdog_signal_value", "watchdog_silences",
	}; !slices.Equal(families, want) {
		t.Errorf("got %q, want %q", families, want)
	}
	for _, sample := range []string{
		`watchdog_signal_level{signal="orch_rule:deep"} 1`, `watchdog_signal_announced{signal="orch_rule:deep"} 1`,
		`watchdog_signal_value{signal="orch_rule:deep"} 3`, `watchdog_signal_level{signal="orch_down"} 0`,
		`watchdog_signal_acknowledged{signal="orch_rule:deep"} 0`, `watchdog_silences 0`,
		`watchdog_probe_failures_total{probe="orchestrator"} 0`, `watchdog_notifications_total{channel="log",outcome="sent"} 1`,
		`watchdog_actor_panics_total{actor="core"} 0`, `watchdog_actor_restarts_total{actor="notifier:log"} 0`, `go_goroutines `, `process_resident_memory_bytes `,
	} {
		if !strings.Contains(metrics, "\n"+sample) {
			t.Errorf("missing: %s", sample)
		}
	}
}

// /status has exactly these fields and types. A field with two types is null while it has no value.
func TestTheShapeOfALiveStatus(t *testing.T) {
	t.Parallel()
	listen := busy(t)
	var status any
	if err := json.Unmarshal([]byte(get(t, "http://"+listen+"/status")), &status); err != nil {
		t.Fatal(err)
	}
	const want = `channels[].last_error string
channels[].last_ok null
channels[].last_ok time
channels[].name string
channels[].pending number
host string
now time
probes[].last_error string
probes[].last_report time
probes[].name string
probes[].state string
signals[].acknowledged null
signals[].announced string
signals[].detail string
signals[].key string
signals[].level string
signals[].silenced_by[] none
signals[].since null
signals[].since time
signals[].value null
signals[].value number
silences[] none
started_at time
version string`
	found := shape(nil, "", status)
	slices.Sort(found)
	if got := strings.Join(slices.Compact(found), "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// shape appends the path and type of everything in a JSON value.
func shape(found []string, path string, value any) []string {
	switch v := value.(type) {
	case map[string]any:
		for key, one := range v {
			found = shape(found, strings.TrimPrefix(path+"."+key, "."), one)
		}
		return found
	case []any:
		if len(v) == 0 {
			return append(found, path+"[] none")
		}
		for _, one := range v {
			found = shape(found, path+"[]", one)
		}
		return found
	case nil:
		return append(found, path+" null")
	case float64:
		return append(found, path+" number")
	case string:
		if at, err := time.Parse(time.RFC3339Nano, v); err == nil && at.Location() == time.UTC {
			return append(found, path+" time")
		}
	}
	return append(found, fmt.Sprintf("%s %T", path, value))
}

// The heartbeat service gets a GET at once. If it hangs or fails, nothing is delayed: news is told
// meanwhile, and the stop does not wait. The failure is logged once.
func TestAHeartbeatOfALiveProcess(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answers http.HandlerFunc
		failed  int
	}{
		"answers": {func(http.ResponseWriter, *http.Request) {}, 0},
		"hangs":   {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 0},
		"fails":   {failing, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pinged := make(chan string, 10)
			service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				pinged <- r.Method + " " + r.URL.String()
				c.answers(w, r)
			}))
			defer service.Close()
			d := start(t, "WATCHDOG_HEARTBEAT_URL="+service.URL+"/hunter2?create=1", "WATCHDOG_ORCH_URL=http://"+freeAddress(t))
			if got := <-pinged; got != "GET /hunter2?create=1" {
				t.Errorf("got the request %s", got)
			}
			d.logged("sent", nil)
			if c.failed > 0 {
				d.logged("heartbeat_failed", nil)
			}
			if code, took := d.stop(); code != 0 || took > 8*time.Second {
				t.Errorf("exit code %d after %s", code, took)
			}
			if n := d.count("heartbeat_failed"); n != c.failed || len(pinged) != 0 {
				t.Errorf("logged %d failures, want %d; %d more pings", n, c.failed, len(pinged))
			}
			if strings.Contains(d.written(), "hunter2") {
				t.Error("the address of the service is in the log")
			}
		})
	}
}
