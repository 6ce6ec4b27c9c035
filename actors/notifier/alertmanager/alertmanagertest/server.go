// Package alertmanagertest runs Debian's Alertmanager for tests.
package alertmanagertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"
)

// patience is how long the Alertmanager may take to be ready.
const patience = 30 * time.Second

// PeerTimeout is the cluster.peer-timeout: how long each member of a cluster waits for the
// notifications of the members before it.
const PeerTimeout = 3 * time.Second

// Server is an Alertmanager on loopback that a test starts and stops. It loses its alerts when it
// stops.
type Server struct {
	URL     string // with the route prefix
	t       testing.TB
	binary  string
	listen  string
	cluster []string // the flags of the cluster
	dir     string
	cmd     *exec.Cmd // nil: not running
}

// Alert is a firing alert.
type Alert struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

// New prepares an Alertmanager, which Start starts. prefix is empty, or a path such as /am. The
// test is skipped if Alertmanager is not installed, and fails on CI.
func New(t testing.TB, prefix string) *Server {
	t.Helper()
	return one(t, prefix, "route: {receiver: none}\nreceivers: [{name: none}]\n", "--cluster.listen-address=")
}

// NewGrouping prepares an Alertmanager that groups the alerts of all hosts by signal, waits for
// the rest of a group, and sends to a webhook.
func NewGrouping(t testing.TB, webhook string, wait time.Duration) *Server {
	t.Helper()
	return one(t, "", fmt.Sprintf(`route: {receiver: hook, group_by: [signal], group_wait: %s, group_interval: 10s, repeat_interval: 4h}
receivers: [{name: hook, webhook_configs: [{url: %q}]}]
`, wait, webhook), "--cluster.listen-address=")
}

// NewCluster prepares the Alertmanagers of a cluster. They send each alert separately to a webhook,
// soon after it fires or ends.
func NewCluster(t testing.TB, size int, webhook string) []*Server {
	t.Helper()
	settings := fmt.Sprintf(`route: {receiver: hook, group_by: ["..."], group_wait: 500ms, group_interval: 1s, repeat_interval: 4h}
receivers: [{name: hook, webhook_configs: [{url: %q}]}]
`, webhook)
	var peers []string
	for range size {
		peers = append(peers, freeAddress(t))
	}
	all := make([]*Server, size)
	for i := range all {
		flags := []string{"--cluster.listen-address=" + peers[i], "--cluster.peer-timeout=" + PeerTimeout.String(), "--cluster.settle-timeout=1s"}
		for _, peer := range slices.Delete(slices.Clone(peers), i, i+1) {
			flags = append(flags, "--cluster.peer="+peer)
		}
		all[i] = one(t, "", settings, flags...)
	}
	return all
}

func one(t testing.TB, prefix, settings string, cluster ...string) *Server {
	t.Helper()
	if testing.Short() {
		t.Skip("SKIPPED: -short")
	}
	binary, err := exec.LookPath("prometheus-alertmanager")
	if err != nil {
		const missing = "prometheus-alertmanager is not installed: apt-get install prometheus-alertmanager"
		if os.Getenv("CI") == "true" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	listen := freeAddress(t)
	s := &Server{URL: "http://" + listen + prefix, t: t, binary: binary, listen: listen, cluster: cluster, dir: t.TempDir()}
	if err := os.WriteFile(s.settings(), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

func freeAddress(t testing.TB) string {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (s *Server) settings() string { return filepath.Join(s.dir, "alertmanager.yml") }

// Start starts the Alertmanager and waits until it is ready.
func (s *Server) Start() {
	s.t.Helper()
	s.cmd = exec.CommandContext(s.t.Context(), s.binary, append([]string{
		"--config.file=" + s.settings(), "--storage.path=" + filepath.Join(s.dir, "data"), "--web.listen-address=" + s.listen, "--web.external-url=" + s.URL,
	}, s.cluster...)...)
	s.cmd.Stderr = s.t.Output()
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		s.cmd = nil
		s.t.Fatal(err)
	}
	for limit := time.Now().Add(patience); !s.ready(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(limit) {
			s.t.Fatalf("the Alertmanager is not ready after %s", patience)
		}
	}
}

func (s *Server) ready() bool {
	resp, err := s.get("/-/ready")
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// Stop kills the Alertmanager if it is running.
func (s *Server) Stop() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	s.cmd = nil
}

// Firing returns the firing alerts.
func (s *Server) Firing() (alerts []Alert) {
	s.t.Helper()
	resp, err := s.get("/api/v2/alerts")
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&alerts); err != nil {
		s.t.Fatal(err)
	}
	return alerts
}

// Silence silences a signal for an hour.
func (s *Server) Silence(signal string) {
	s.t.Helper()
	now := time.Now()
	body, err := json.Marshal(map[string]any{
		"matchers": []map[string]any{{"name": "signal", "value": signal, "isRegex": false}},
		"startsAt": now, "endsAt": now.Add(time.Hour), "createdBy": "test", "comment": "test",
	})
	if err != nil {
		s.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.URL+"/api/v2/silences", bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		s.t.Fatalf("the silence was refused with status %d", resp.StatusCode)
	}
}

// Silences reports whether there is a silence for the signal.
func (s *Server) Silences(signal string) bool {
	s.t.Helper()
	resp, err := s.get("/api/v2/silences")
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var all []struct {
		Matchers []struct{ Value string } `json:"matchers"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&all); err != nil {
		s.t.Fatal(err)
	}
	for _, silence := range all {
		if silence.Matchers[0].Value == signal {
			return true
		}
	}
	return false
}

func (s *Server) get(path string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.URL+path, nil)
	if err != nil {
		return nil, err
	}
	return http.DefaultClient.Do(req)
}
