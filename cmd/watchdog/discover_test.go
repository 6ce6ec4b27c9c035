package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/go-connections/nat"

	"orchestrator-watchdog/actors/probe/container/containertest"
)

// discovered returns the output of `watchdog discover` for the engine.
func discovered(t *testing.T, host string) string {
	t.Helper()
	cmd := exec.Command("watchdog", "discover")
	cmd.Env = []string{"WATCHDOG_DOCKER_HOST=" + host}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// published publishes a port of a container on the host.
func published(port string, change func(*container.Config)) func(*container.Config, *container.HostConfig) {
	return func(c *container.Config, h *container.HostConfig) {
		h.NetworkMode, h.RestartPolicy.Name = "bridge", container.RestartPolicyUnlessStopped
		c.ExposedPorts = nat.PortSet{nat.Port(port + "/tcp"): {}}
		h.PortBindings = nat.PortMap{nat.Port(port + "/tcp"): {{HostIP: "127.0.0.1"}}}
		if change != nil {
			change(c)
		}
	}
}

// On an engine with a dozen containers, the orchestrator is found by its answer, others by their
// healthchecks and ports. Containers with a restart policy are expected, and the output is a valid
// file.
func TestDiscoverOnTheEngine(t *testing.T) {
	t.Parallel()
	engine := containertest.Engine(t)
	containertest.Image(t, engine)
	name := func(short string) string { return fmt.Sprintf("wd%d-disc-%s", os.Getpid(), short) }
	containertest.Run(t, engine, name("orch"), published("8000", nil), "serve", ":8000")
	containertest.Run(t, engine, name("shop"), published("9000", func(c *container.Config) {
		c.Healthcheck = &container.HealthConfig{Test: []string{"NONE", "curl -f http://localhost:9000/metrics"}}
	}), "serve", ":9000")
	containertest.Run(t, engine, name("deaf-db"), published("5432", nil), "run")
	for i := range 9 {
		containertest.Run(t, engine, name(fmt.Sprintf("job-%d", i)), nil, "run")
	}

	text := discovered(t, containertest.NewProxy(t).Host)
	file := filepath.Join(t.TempDir(), "w.yaml")
	must(t, os.WriteFile(file, []byte(text), 0o600))
	for _, want := range []string{
		"# The container " + name("orch") + " answers with an envelope",
		fmt.Sprintf("    - %q # %s, restart: unless-stopped", name("orch"), containertest.ImageName),
		fmt.Sprintf("  #  - %q # %s", name("job-3"), containertest.ImageName),
		fmt.Sprintf("# %s: its own healthcheck requests that.\n  - {name: %q, http: {url: \"http://127.0.0.1:", name("shop"), name("shop")),
		"# " + name("deaf-db") + ": it exposes port 5432.",
		fmt.Sprintf("  # - {name: %q, postgres: {dsn_file: \"/run/secrets/%s_dsn\"}} # also logs in", name("deaf-db"), name("deaf-db")),
	} {
		if !strings.Contains(text, want) {
			t.Errorf("missing: %q", want)
		}
	}
	for _, command := range []string{"config", "check"} {
		cmd := exec.Command("watchdog", command)
		cmd.Env = []string{"WATCHDOG_CONFIG=" + file, "WATCHDOG_DOCKER_HOST=off"}
		if out, err := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() == exitUsage {
			t.Errorf("%s refuses it: %v\n%s", command, err, out)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

// discover works with Podman.
func TestDiscoverOnPodman(t *testing.T) {
	t.Parallel()
	podman := containertest.NewPodman(t)
	name := fmt.Sprintf("wd%d-disc", os.Getpid())
	containertest.Image(t, podman.Client)
	containertest.Run(t, podman.Client, name, nil, "run")
	if text := discovered(t, containertest.NewProxyTo(t, podman.Host).Host); !strings.Contains(text, fmt.Sprintf("  #  - %q # ", name)) {
		t.Error(text)
	}
}
