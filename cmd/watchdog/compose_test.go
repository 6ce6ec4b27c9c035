package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/probe/container/containertest"
)

// root is the path from this package to the root of the repository.
const root = "../.."

// compose runs docker-compose with the shipped file and the override: one file, or several as in
// COMPOSE_FILE.
func compose(t *testing.T, override string, environ []string, args ...string) string {
	t.Helper()
	all := []string{"-p", "watchdogtest", "-f", root + "/deploy/compose.yaml"}
	for _, file := range filepath.SplitList(override) {
		all = append(all, "-f", file)
	}
	all = append(all, args...)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // not the test's context: cleanup uses it too
	defer cancel()
	cmd := exec.CommandContext(ctx, "docker-compose", all...)
	cmd.Env = append(os.Environ(), environ...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("docker-compose %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// Under Compose with the shipped file, the image runs without root, with a read-only root file system
// and no capabilities. It tells when the orchestrator's container stops, and when it is back.
func TestTheImageUnderCompose(t *testing.T) {
	engine := containertest.Engine(t)
	image(t)
	containertest.Image(t, engine)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	api := chat(t)
	// On the host's network both reach the test's loopback servers.
	override := filepath.Join(t.TempDir(), "override.yaml")
	text := fmt.Sprintf(`
services:
  watchdog: {network_mode: host}
  orchestrator: {image: %q, command: [serve, %q], network_mode: host, labels: {watchdog.test: "true"}}
`, containertest.ImageName, address)
	if err := os.WriteFile(override, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	environ := append(telegramSettings(api), "WATCHDOG_IMAGE="+watchdogImage, "DOCKER_GID="+socketGroup(t),
		"WATCHDOG_ORCH_URL=http://"+address+"/metrics", "WATCHDOG_TICK=500ms", "WATCHDOG_HOST_LABEL=web-1", "WATCHDOG_LISTEN=127.0.0.1:0")
	t.Cleanup(func() { compose(t, override, environ, "down", "-t", "1") })
	compose(t, override, environ, "up", "-d")

	inspected, err := engine.ContainerInspect(t.Context(), strings.TrimSpace(compose(t, override, environ, "ps", "-q", "watchdog")))
	if err != nil {
		t.Fatal(err)
	}
	if h := inspected.HostConfig; inspected.Config.User != "65532:65532" || !h.ReadonlyRootfs || len(h.CapDrop) == 0 || len(h.SecurityOpt) == 0 || h.Memory == 0 {
		t.Errorf("user %q, read-only root %t, dropped %v, options %v, memory %d", inspected.Config.User, h.ReadonlyRootfs, h.CapDrop, h.SecurityOpt, h.Memory)
	}
	if found := writable(t, inspected.State.Pid); len(found) > 0 {
		t.Errorf("writable mounts: %q", found)
	}
	check := exec.Command("docker", "exec", inspected.ID, "/watchdog", "check")
	out, _ := check.CombinedOutput()
	for _, signal := range []string{"orch_down", "docker_down", "host_memory", "host_readonly:/"} {
		if !strings.Contains(string(out), signal) {
			t.Errorf("check does not show %s:\n%s", signal, out)
		}
	}

	compose(t, override, environ, "stop", "-t", "1", "orchestrator")
	// The load of this machine may cause a message too.
	alert := find(t, api, "🔴 ALERT orch_down · web-1")
	compose(t, override, environ, "start", "orchestrator")
	if m := find(t, api, "🟢 RECOVERED orch_down · web-1"); m.ReplyTo != alert.ID {
		t.Errorf("got %+v", m)
	}
}

// needCompose skips a test on a machine without docker-compose; on CI it fails.
func needCompose(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("docker-compose"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("CI needs docker-compose")
		}
		t.Skip("SKIPPED: needs docker-compose")
	}
}

// watchdogImage is the image of the watchdog; each test process has its own.
var watchdogImage = fmt.Sprintf("orchestrator-watchdog:test-%d", os.Getpid())

// image builds the image of the watchdog, for tests that also need docker-compose.
func image(t *testing.T) {
	t.Helper()
	needCompose(t)
	if out, err := exec.Command("make", "-C", root, "image", "IMAGE="+watchdogImage).CombinedOutput(); err != nil {
		t.Fatalf("make image: %v\n%s", err, out)
	}
}

// With compose.state.yaml the state outlives the container: a new container tells the recovery of
// what the killed one told.
func TestTheStateOutlivesTheContainer(t *testing.T) {
	containertest.Engine(t)
	image(t)
	orch, api, settings := down(t)
	override := filepath.Join(t.TempDir(), "override.yaml")
	must(t, os.WriteFile(override, []byte("services: {watchdog: {network_mode: host}}\n"), 0o600))
	files := root + "/deploy/compose.state.yaml:" + override
	environ := append(settings, "WATCHDOG_IMAGE="+watchdogImage, "DOCKER_GID="+socketGroup(t), "WATCHDOG_DOCKER_HOST=off",
		"WATCHDOG_HOST_ENABLED=false", "WATCHDOG_TICK=500ms", "WATCHDOG_HOST_LABEL=web-1", "WATCHDOG_LISTEN=127.0.0.1:0")
	t.Cleanup(func() { compose(t, files, environ, "down", "-v", "-t", "1") })
	compose(t, files, environ, "up", "-d")
	alert := find(t, api, "🔴 ALERT orch_down · web-1")
	compose(t, files, environ, "kill")
	compose(t, files, environ, "rm", "-f")
	orch.answers(envelope(1))
	compose(t, files, environ, "up", "-d")
	if m := find(t, api, "🟢 RECOVERED orch_down · web-1"); m.ReplyTo < alert.ID {
		t.Errorf("got %+v", m)
	}
	if log := compose(t, files, environ, "logs", "--no-color"); strings.Contains(log, "state_unusable") || strings.Contains(log, "state_not_saved") {
		t.Errorf("something is wrong with the state file:\n%s", log)
	}
}

// compose.socket-proxy.yaml is valid together with compose.yaml, and leaves the watchdog no socket.
func TestTheComposeFileWithASocketProxy(t *testing.T) {
	containertest.Engine(t)
	needCompose(t)
	text := compose(t, root+"/deploy/compose.socket-proxy.yaml", nil, "config")
	for _, want := range []string{"WATCHDOG_DOCKER_HOST: tcp://docker-socket-proxy:2375", "/dev/null:/var/run/docker.sock:ro"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in\n%s", want, text)
		}
	}
	if n := strings.Count(text, "- /var/run/docker.sock:/var/run/docker.sock:ro"); n != 1 {
		t.Errorf("%d services have the socket, want only the proxy", n)
	}
}

// socketGroup returns the group of the engine's socket.
func socketGroup(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("stat", "-c", "%g", strings.TrimPrefix(containertest.Host(), "unix://")).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
