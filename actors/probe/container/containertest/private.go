package containertest

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/docker/docker/client"
)

// PrivateEngine is a Docker engine for one test, which may stop and start it.
type PrivateEngine struct {
	Host   string // in the form of WATCHDOG_DOCKER_HOST
	Client *client.Client

	folder string
	daemon *exec.Cmd
}

// NewPrivateEngine starts a second engine that has the image of the tests. If the machine does not
// allow it, the test is skipped.
func NewPrivateEngine(t testing.TB) *PrivateEngine {
	t.Helper()
	common := Engine(t)
	image := Image(t, common)
	if _, err := exec.LookPath("dockerd"); err != nil || os.Geteuid() != 0 {
		t.Skip("SKIPPED: needs dockerd, and root to start it")
	}
	folder, err := os.MkdirTemp("", "wd") // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	e := &PrivateEngine{Host: "unix://" + filepath.Join(folder, "sock"), folder: folder}
	if err := os.WriteFile(filepath.Join(folder, "daemon.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if e.Client, err = client.NewClientWithOpts(client.WithHost(e.Host), client.WithAPIVersionNegotiation()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		e.Stop(t)
		_ = e.Client.Close()
		_ = os.RemoveAll(folder)
	})
	if !e.start() {
		t.Skip("SKIPPED: this machine runs no second Docker engine")
	}
	saved, err := common.ImageSave(t.Context(), []string{image})
	if err != nil {
		t.Fatal(err)
	}
	defer saved.Close()
	loaded, err := e.Client.ImageLoad(t.Context(), saved)
	if err != nil {
		t.Fatal(err)
	}
	defer loaded.Body.Close()
	if _, err := io.Copy(io.Discard, loaded.Body); err != nil { // the load proceeds as the answer is read
		t.Fatal(err)
	}
	return e
}

// Start starts the engine again.
func (e *PrivateEngine) Start(t testing.TB) {
	t.Helper()
	if !e.start() {
		t.Fatal("the engine did not start again")
	}
}

func (e *PrivateEngine) start() (answers bool) {
	in := func(name string) string { return filepath.Join(e.folder, name) }
	e.daemon = exec.CommandContext(context.Background(), "dockerd", "--config-file", in("daemon.json"), "--data-root", in("data"), "--exec-root", in("run"),
		"--pidfile", in("pid"), "-H", e.Host, "--bridge", "none", "--iptables=false", "--ip6tables=false", "--storage-driver", "vfs")
	// It needs a network namespace: an engine without a bridge removes docker0, and so would cut the
	// network of all containers of the machine.
	e.daemon.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if e.daemon.Start() != nil {
		e.daemon = nil
		return false
	}
	for range 150 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		_, err := e.Client.Ping(ctx)
		cancel()
		if err == nil {
			return true
		}
		time.Sleep(200 * time.Millisecond)
	}
	return false
}

// Stop stops the engine and its containers, as its service would.
func (e *PrivateEngine) Stop(t testing.TB) {
	t.Helper()
	if e.daemon == nil {
		return
	}
	_ = e.daemon.Process.Signal(syscall.SIGTERM)
	_ = e.daemon.Wait()
	e.daemon = nil
}
