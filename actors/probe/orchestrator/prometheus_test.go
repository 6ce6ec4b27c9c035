package orchestrator

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The recipe for Prometheus finds its fields in the answer of a real server, and raises nothing.
func TestRecipeOfARealPrometheus(t *testing.T) {
	rules, _ := parseRecipe(t, sections(t)["prometheus"])
	o := options(startPrometheus(t) + "/metrics")
	o.Rules, o.DefaultRules, o.MaxBytes = rules, true, 4<<20
	p := New(o)
	// The server listens before it is ready, and has its counter of samples only after the first.
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		r, err := p.Observe(ctx)
		ingests := find(r, "orch_rule:ingests_nothing")
		if err == nil && strings.HasPrefix(ingests.Detail, "collecting") {
			if raised := raisedRules(t, r.Observations); raised != "" || len(r.Observations) != len(rules)+1 {
				t.Errorf("raised: %q, with %d signals", raised, len(r.Observations))
			}
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatalf("%v, %+v", err, ingests)
		}
	}
}

var listens = regexp.MustCompile(`msg="Listening on" address=(\S+)`)

// startPrometheus starts a server for the time of the test, and returns its URL.
func startPrometheus(t *testing.T) string {
	program, dir := need(t, "prometheus"), t.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	target := strings.TrimPrefix(answering(t, "", "up 1\n").URL, "http://")
	setting := "scrape_configs: [{job_name: t, scrape_interval: 100ms, scrape_timeout: 100ms, static_configs: [{targets: [" + strconv.Quote(target) + "]}]}]\n"
	if err := os.WriteFile(config, []byte(setting), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "--config.file="+config,
		"--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address=127.0.0.1:0")
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		if m := listens.FindStringSubmatch(lines.Text()); m != nil {
			go func() { // the server blocks if nobody reads its log
				for lines.Scan() {
				}
			}()
			return "http://" + m[1]
		}
	}
	t.Fatal("it ended without listening")
	return ""
}
