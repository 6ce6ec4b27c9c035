// Package containertest runs containers on real engines for tests. The only image contains one
// small program that the tests build, so nothing is pulled.
package containertest

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
)

const (
	// label marks the containers of the tests.
	label = "watchdog.test"
	app   = "orchestrator-watchdog/actors/probe/container/containertest/app"
)

// ImageName is the name of the image of the app. Each process has its own, since the tests of
// several packages run at the same time.
var ImageName = fmt.Sprintf("watchdog-test-app:%d", os.Getpid())

// Engine returns a client of the real engine. Without an engine the test is skipped, or fails on CI.
func Engine(t testing.TB) *client.Client {
	t.Helper()
	if testing.Short() {
		t.Skip("SKIPPED: -short")
	}
	c, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err == nil {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err = c.Ping(ctx)
	}
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("the Docker engine must run on CI: %v", err)
		}
		t.Skipf("SKIPPED: needs a running Docker engine: %v", err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// Host returns the engine's address in the form of WATCHDOG_DOCKER_HOST.
func Host() string {
	if h := os.Getenv("DOCKER_HOST"); h != "" {
		return h
	}
	return client.DefaultDockerHost
}

// Image creates the image of the app, once per engine, and returns its name.
func Image(t testing.TB, c *client.Client) string {
	t.Helper()
	imported.Lock()
	defer imported.Unlock()
	if !imported.hosts[c.DaemonHost()] {
		importImage(t, c)
		imported.hosts[c.DaemonHost()] = true
	}
	return ImageName
}

var imported = struct {
	sync.Mutex
	hosts map[string]bool // engines that have the image
}{hosts: make(map[string]bool)}

func importImage(t testing.TB, c *client.Client) {
	t.Helper()
	answer, err := c.ImageImport(t.Context(), image.ImportSource{Source: archive(t, program(t)), SourceName: "-"}, ImageName,
		image.ImportOptions{Changes: []string{`ENTRYPOINT ["/app"]`}})
	if err != nil {
		t.Fatalf("import of the image: %v", err)
	}
	defer answer.Close()
	if _, err := io.Copy(io.Discard, answer); err != nil {
		t.Fatal(err)
	}
}

var built struct {
	sync.Mutex
	program []byte
}

// program returns the binary of the app, which is built once.
func program(t testing.TB) []byte {
	t.Helper()
	built.Lock()
	defer built.Unlock()
	if built.program != nil {
		return built.program
	}
	binary := filepath.Join(t.TempDir(), "app")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, app)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build of the app: %v\n%s", err, out)
	}
	content, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	built.program = content
	return content
}

func archive(t testing.TB, binary []byte) io.Reader {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	if err := w.WriteHeader(&tar.Header{Name: "app", Mode: 0o755, Size: int64(len(binary))}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(binary); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &buf
}

// Name returns a name that no other container has.
func Name(t testing.TB, short string) string {
	t.Helper()
	clean := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, t.Name())
	return fmt.Sprintf("wd-%s-%s-%d", clean, short, os.Getpid())
}

// Create creates a container of the app, which is removed at the end of the test, and returns its
// ID. change may be nil.
func Create(t testing.TB, c *client.Client, name string, change func(*container.Config, *container.HostConfig), args ...string) string {
	t.Helper()
	config := &container.Config{Image: Image(t, c), Cmd: args, Labels: map[string]string{label: "true"}}
	host := &container.HostConfig{NetworkMode: "none"}
	if change != nil {
		change(config, host)
	}
	created, err := c.ContainerCreate(t.Context(), config, host, nil, nil, name)
	if err != nil {
		t.Fatalf("create of %s: %v", name, err)
	}
	t.Cleanup(func() {
		_ = c.ContainerRemove(context.Background(), created.ID, container.RemoveOptions{Force: true})
	})
	return created.ID
}

// Run creates and starts a container, and returns its ID.
func Run(t testing.TB, c *client.Client, name string, change func(*container.Config, *container.HostConfig), args ...string) string {
	t.Helper()
	id := Create(t, c, name, change, args...)
	Start(t, c, id)
	return id
}

// Start starts a container.
func Start(t testing.TB, c *client.Client, id string) {
	t.Helper()
	if err := c.ContainerStart(t.Context(), id, container.StartOptions{}); err != nil {
		t.Fatalf("start of %s: %v", id, err)
	}
}

// Ended waits until a container no longer runs.
func Ended(t testing.TB, c *client.Client, id string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	ended, errs := c.ContainerWait(ctx, id, container.WaitConditionNotRunning)
	select {
	case <-ended:
	case err := <-errs:
		t.Fatalf("wait for the end of %s: %v", id, err)
	}
}
