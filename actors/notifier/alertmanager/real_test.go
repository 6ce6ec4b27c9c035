package alertmanager_test

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/messages"
)

// A real Alertmanager shows an alert until its recovery, and the severities of a
// worsened one do not stay side by side.
func TestARealAlertmanager(t *testing.T) {
	address := startAlertmanager(t)
	ch := newChannel(t, address)
	send := func(b notifier.Batch) {
		t.Helper()
		if _, err := ch.Send(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now().Add(-time.Second) // what ended is over at once, whatever is rounded
	warning := news(messages.Alert, messages.Warning, began)
	send(warning)
	if got := severities(t, address); len(got) != 1 || got[0] != "warning" {
		t.Errorf("after the alert: %v", got)
	}
	worse := news(messages.Worse, messages.Critical, began)
	worse.Active = warning.Items
	send(worse)
	if got := severities(t, address); len(got) != 1 || got[0] != "critical" {
		t.Errorf("after it got worse: %v", got)
	}
	send(notifier.Batch{Active: worse.Items, At: began})
	recovered := news(messages.Recovered, messages.OK, began)
	recovered.Active = worse.Items
	send(recovered)
	if got := severities(t, address); len(got) != 0 {
		t.Errorf("after the recovery: %v", got)
	}
	if err := ch.Test(t.Context()); err != nil {
		t.Error(err)
	}
	if got := severities(t, address); len(got) != 1 {
		t.Errorf("after the test: %v", got)
	}
}

// severities of the alerts that fire.
func severities(t *testing.T, address string) (found []string) {
	t.Helper()
	resp, err := http.Get(address + "/api/v2/alerts")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var alerts []struct {
		Labels map[string]string `json:"labels"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&alerts); err != nil {
		t.Fatal(err)
	}
	for _, a := range alerts {
		found = append(found, a.Labels["severity"])
	}
	return found
}

// startAlertmanager runs Debian's Alertmanager on loopback until the test ends.
func startAlertmanager(t *testing.T) (address string) {
	t.Helper()
	binary, err := exec.LookPath("prometheus-alertmanager")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("prometheus-alertmanager is not installed: apt-get install prometheus-alertmanager")
		}
		t.Skip("prometheus-alertmanager is not installed: apt-get install prometheus-alertmanager")
	}
	dir := t.TempDir()
	settings := filepath.Join(dir, "alertmanager.yml")
	if err := os.WriteFile(settings, []byte("route: {receiver: none}\nreceivers: [{name: none}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	listen := freePort(t)
	cmd := exec.Command(binary, "--config.file="+settings, "--storage.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+listen, "--cluster.listen-address=")
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	address = "http://" + listen
	deadline := time.After(30 * time.Second)
	for {
		if resp, err := http.Get(address + "/-/ready"); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return address
			}
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-deadline:
			t.Fatal("the Alertmanager is not ready after 30 s")
		}
	}
}

// freePort is an address on loopback where nothing listens.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
