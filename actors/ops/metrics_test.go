package ops_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/ops"
)

// scrape returns /metrics of a server after one event of each kind.
func scrape(t *testing.T) string {
	t.Helper()
	m := newMetrics()
	s := &source{status: full}
	m.SetStatus(s.Status)
	m.ProbeReported("host", 20*time.Millisecond, false)
	m.ProbeReported("dependency:db", time.Second, true)
	m.ActorPanicked("core")
	m.ActorRestarted("core")
	m.Notified("telegram", "sent")
	m.Notified("telegram", "failed")
	m.ChannelAdded("log")
	m.Ticked(at.Add(500 * time.Millisecond))
	status, contentType, body := get(t, "http://"+serve(t, s, m)+"/metrics")
	if status != 200 || !strings.HasPrefix(contentType, "text/plain; version=0.0.4") {
		t.Fatalf("%d %s", status, contentType)
	}
	return body
}

// Every sample has its labels and its value. A signal without a value has no sample of it.
func TestTheSamplesOfMetrics(t *testing.T) {
	body := scrape(t)
	got := strings.Split(body, "\n")
	for _, want := range []string{
		`watchdog_signal_level{signal="dep_down:db"} 2`,
		`watchdog_signal_level{signal="orch_down"} -1`,
		`watchdog_signal_announced{signal="dep_down:db"} 1`,
		`watchdog_signal_announced{signal="orch_down"} 0`,
		`watchdog_signal_value{signal="dep_down:db"} 2.5`,
		`watchdog_signal_acknowledged{signal="dep_down:db"} 1`,
		`watchdog_signal_acknowledged{signal="orch_down"} 0`,
		`watchdog_silences 2`,
		`watchdog_probe_duration_seconds_count{probe="host"} 1`,
		`watchdog_probe_duration_seconds_sum{probe="host"} 0.02`,
		`watchdog_probe_duration_seconds_bucket{probe="host",le="+Inf"} 1`,
		`watchdog_probe_failures_total{probe="host"} 0`,
		`watchdog_probe_failures_total{probe="dependency:db"} 1`,
		`watchdog_actor_panics_total{actor="core"} 1`,
		`watchdog_actor_restarts_total{actor="core"} 1`,
		`watchdog_notifications_total{channel="telegram",outcome="sent"} 1`,
		`watchdog_notifications_total{channel="telegram",outcome="failed"} 1`,
		`watchdog_notifications_total{channel="log",outcome="failed"} 0`,
		`watchdog_actor_panics_total{actor="notifier:log"} 0`,
		`watchdog_actor_restarts_total{actor="clock"} 0`,
		`watchdog_outbox_pending{channel="telegram"} 2`,
		`watchdog_outbox_pending{channel="log"} 0`,
		`watchdog_last_tick_timestamp_seconds 1.7723664005e+09`,
	} {
		if !slices.Contains(got, want) {
			t.Errorf("there is no %s", want)
		}
	}
	if !regexp.MustCompile(`(?m)^watchdog_build_info\{goversion="go[^"]+",revision="abcdef0",version="1.2.3"\} 1$`).MatchString(body) {
		t.Error("there is no watchdog_build_info")
	}
	if strings.Contains(body, `watchdog_signal_value{signal="orch_down"}`) {
		t.Error("a signal without a value has a value")
	}
}

// The metric families are exactly those of the public interface, besides those of Go and of the
// process.
func TestTheNamesOfMetrics(t *testing.T) {
	want := []string{
		"watchdog_actor_panics_total counter", "watchdog_actor_restarts_total counter", "watchdog_build_info gauge",
		"watchdog_last_tick_timestamp_seconds gauge", "watchdog_notifications_total counter", "watchdog_outbox_pending gauge",
		"watchdog_probe_duration_seconds histogram", "watchdog_probe_failures_total counter", "watchdog_signal_acknowledged gauge",
		"watchdog_signal_announced gauge", "watchdog_signal_level gauge", "watchdog_signal_value gauge", "watchdog_silences gauge",
	}
	var got []string
	collectors := map[string]bool{}
	for _, match := range regexp.MustCompile(`(?m)^# TYPE ((\w+?)_\w+ \w+)$`).FindAllStringSubmatch(scrape(t), -1) {
		if match[2] == "watchdog" {
			got = append(got, match[1])
		} else {
			collectors[match[2]] = true
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(collectors) != 2 || !collectors["go"] || !collectors["process"] {
		t.Errorf("other prefixes: %v, want go and process", collectors)
	}
}

// Metrics can be gathered before Follow.
func TestMetricsBeforeTheFirstStatus(t *testing.T) {
	m := newMetrics()
	if _, err := m.Registry.Gather(); err != nil {
		t.Error(err)
	}
}

// A signal that is gone has no samples.
func TestASignalThatIsGoneLeavesTheMetrics(t *testing.T) {
	m := newMetrics()
	s := &source{status: full}
	m.SetStatus(s.Status)
	address := serve(t, s, m)
	if _, _, body := get(t, "http://"+address+"/metrics"); !strings.Contains(body, "dep_down:db") {
		t.Fatal("there is no dep_down:db")
	}
	s.status = ops.Status{}
	if _, _, body := get(t, "http://"+address+"/metrics"); strings.Contains(body, "dep_down:db") {
		t.Error("dep_down:db is still there")
	}
}

// promtool accepts the metrics.
func TestPromtoolFindsNothing(t *testing.T) {
	if out := promtool(t, scrape(t), "check", "metrics"); out != "" {
		t.Error(out)
	}
}

// The shipped Prometheus alerts pass their promtool tests, and use only metrics that exist.
func TestTheShippedAlertsOfPrometheus(t *testing.T) {
	const folder = "../../deploy/prometheus/"
	promtool(t, "", "test", "rules", folder+"watchdog.rules.test.yml")
	rules, err := os.ReadFile(folder + "watchdog.rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	body := scrape(t)
	for _, name := range regexp.MustCompile(`watchdog_[a-z_]+`).FindAllString(string(rules), -1) {
		if !strings.Contains(body, "# TYPE "+name+" ") && name != "watchdog_delivery" {
			t.Errorf("there is no metric %s", name)
		}
	}
}

// promtool accepts the shipped scrape configurations.
func TestTheShippedScrapeConfigurations(t *testing.T) {
	files, err := filepath.Glob("../../deploy/prometheus/prometheus.*.yml")
	if err != nil || len(files) != 3 {
		t.Fatalf("%q, %v", files, err)
	}
	for _, file := range files {
		promtool(t, "", "check", "config", file)
	}
}

func promtool(t *testing.T, in string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath("promtool"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("promtool is not installed: apt-get install prometheus")
		}
		t.Skip("promtool is not installed: apt-get install prometheus")
	}
	cmd := exec.Command("promtool", args...)
	cmd.Stdin = strings.NewReader(in)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("promtool %q: %v: %s", args, err, out)
	}
	return string(out)
}
