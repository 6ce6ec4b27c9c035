// Package alertmanagertest runs Debian's Alertmanager for tests.
package alertmanagertest

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// patience is how long the Alertmanager may take to be ready.
const patience = 30 * time.Second

// Server is an Alertmanager on loopback that a test starts and stops. Like any other it
// forgets its alerts when it ends.
type Server struct {
	URL    string // with its route prefix
	t      testing.TB
	binary string
	listen string
	dir    string
	cmd    *exec.Cmd // nil: it does not run
}

// Alert is an alert that fires.
type Alert struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

// New chooses where an Alertmanager will listen, and does not start it. prefix is empty,
// or as /am. The test is skipped where there is no Alertmanager; on CI it has to be there.
func New(t testing.TB, prefix string) *Server {
	t.Helper()
	binary, err := exec.LookPath("prometheus-alertmanager")
	if err != nil {
		const missing = "prometheus-alertmanager is not installed: apt-get install prometheus-alertmanager"
		if os.Getenv("CI") == "true" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listen := l.Addr().String()
	_ = l.Close()
	s := &Server{URL: "http://" + listen + prefix, t: t, binary: binary, listen: listen, dir: t.TempDir()}
	if err := os.WriteFile(s.settings(), []byte("route: {receiver: none}\nreceivers: [{name: none}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

func (s *Server) settings() string { return filepath.Join(s.dir, "alertmanager.yml") }

// Start starts it, and returns when it is ready.
func (s *Server) Start() {
	s.t.Helper()
	s.cmd = exec.CommandContext(s.t.Context(), s.binary, "--config.file="+s.settings(), "--storage.path="+filepath.Join(s.dir, "data"),
		"--web.listen-address="+s.listen, "--web.external-url="+s.URL, "--cluster.listen-address=")
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

// Stop ends it, if it runs.
func (s *Server) Stop() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	s.cmd = nil
}

// Firing gives the alerts that fire.
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

func (s *Server) get(path string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.URL+path, nil)
	if err != nil {
		return nil, err
	}
	return http.DefaultClient.Do(req)
}
