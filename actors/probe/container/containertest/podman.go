package containertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/docker/docker/client"
)

// Podman is a Podman engine for one test.
type Podman struct {
	Host   string // in the form of WATCHDOG_DOCKER_HOST
	Client *client.Client

	folder string
}

// NewPodman starts the API of a Podman with a separate store that contains the image of the tests.
// Without Podman the test is skipped, or fails on CI.
func NewPodman(t testing.TB) *Podman {
	t.Helper()
	if testing.Short() {
		t.Skip("SKIPPED: -short")
	}
	if _, err := exec.LookPath("podman"); err != nil || os.Geteuid() != 0 {
		if os.Getenv("CI") != "" {
			t.Fatalf("Podman must be there on CI, and root to run it: %v", err)
		}
		t.Skip("SKIPPED: needs podman, and root to run it")
	}
	folder, err := os.MkdirTemp("", "wd") // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	p := &Podman{Host: "unix://" + filepath.Join(folder, "sock"), folder: folder}
	if p.Client, err = client.NewClientWithOpts(client.WithHost(p.Host), client.WithAPIVersionNegotiation()); err != nil {
		t.Fatal(err)
	}
	// Podman requests more open files than a test machine may allow.
	config := "[containers]\ndefault_ulimits = [\"nofile=1024:1024\", \"nproc=1024:1024\"]\n"
	if err := os.WriteFile(filepath.Join(folder, "containers.conf"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	service := p.command(context.Background(), "system", "service", "--time", "0", p.Host)
	if err := service.Start(); err != nil {
		t.Fatalf("start of podman: %v", err)
	}
	t.Cleanup(func() {
		p.removeAll(t)
		_ = service.Process.Signal(syscall.SIGTERM)
		_ = service.Wait()
		_ = p.Client.Close()
		_ = os.RemoveAll(folder)
	})
	p.await(t)
	Image(t, p.Client)
	return p
}

func (p *Podman) await(t testing.TB) {
	t.Helper()
	for range 150 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		_, err := p.Client.Ping(ctx)
		cancel()
		if err == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("podman does not answer")
}

// removeAll removes every container. It retries, since a container that is being restarted can't be
// removed.
func (p *Podman) removeAll(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var out []byte
	var err error
	for range 10 {
		if out, err = p.command(ctx, "rm", "--all", "--force", "--time", "0").CombinedOutput(); err == nil {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	t.Errorf("removal of Podman's containers: %v\n%s", err, out)
}

// Command runs podman, and fails the test if it fails.
func (p *Podman) Command(t testing.TB, args ...string) {
	t.Helper()
	if err := p.Run(t, args...); err != nil {
		t.Fatal(err)
	}
}

// Run runs podman. Its error contains the output.
func (p *Podman) Run(t testing.TB, args ...string) error {
	t.Helper()
	if out, err := p.command(t.Context(), args...).CombinedOutput(); err != nil {
		return fmt.Errorf("podman %q: %w\n%s", args, err, out)
	}
	return nil
}

func (p *Podman) command(ctx context.Context, args ...string) *exec.Cmd {
	in := func(name string) string { return filepath.Join(p.folder, name) }
	c := exec.CommandContext(ctx, "podman", append([]string{
		"--root", in("store"), "--runroot", in("run"), "--tmpdir", in("tmp"), "--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--events-backend", "file",
	}, args...)...)
	c.Env = append(os.Environ(), "CONTAINERS_CONF="+in("containers.conf"))
	c.Dir = p.folder // conmon writes a file "oom" to its working directory
	return c
}
