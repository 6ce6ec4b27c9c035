package main

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"

	"orchestrator-watchdog/actors/probe/container/containertest"
)

// The image contains one program, the certificate authorities and an empty directory for a state
// file: no shell and no other program that an attacker inside could run. The other files are those
// that the engine adds to every container.
func TestTheImageIsOneProgram(t *testing.T) {
	engine := containertest.Engine(t)
	image(t)
	created, err := engine.ContainerCreate(t.Context(), &container.Config{Image: watchdogImage, Labels: map[string]string{"watchdog.test": "true"}}, nil, nil, nil, containertest.Name(t, "image"))
	must(t, err)
	t.Cleanup(func() { _ = engine.ContainerRemove(context.Background(), created.ID, container.RemoveOptions{}) })
	exported, err := engine.ContainerExport(t.Context(), created.ID)
	must(t, err)
	defer exported.Close()
	var files, programs []string
	for archive := tar.NewReader(exported); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		must(t, err)
		name := path.Clean("/" + h.Name)
		if h.Typeflag == tar.TypeDir {
			continue
		}
		if h.Size > 0 || h.Typeflag != tar.TypeReg {
			files = append(files, name)
		}
		if h.Typeflag == tar.TypeReg && h.Mode&0o111 != 0 && h.Size > 0 {
			programs = append(programs, name)
		}
	}
	slices.Sort(files)
	files = slices.DeleteFunc(files, func(name string) bool { return name == "/etc/mtab" }) // a link that the engine adds
	if want := []string{"/etc/ssl/certs/ca-certificates.crt", "/watchdog"}; !slices.Equal(files, want) || !slices.Equal(programs, want[1:]) {
		t.Errorf("files: %q, programs: %q", files, programs)
	}
}

// Without a network and capabilities, on a read-only root, with only the engine's socket and the host's
// procfs, everything works that needs no network: containers and the host are watched, and commands are
// answered. The process can't gain privileges, and has no writable mount except the kernel's own.
func TestTheImageWithoutANetworkAndRights(t *testing.T) {
	engine := containertest.Engine(t)
	image(t)
	proxy := containertest.NewProxy(t)
	socket := strings.TrimPrefix(proxy.Host, "unix://")
	must(t, os.Chmod(socket, 0o666)) // the test's socket has no group
	created, err := engine.ContainerCreate(t.Context(),
		&container.Config{Image: watchdogImage, Env: []string{"WATCHDOG_TICK=1s", "WATCHDOG_HOST_MOUNTS=/=/host/root"}, Labels: map[string]string{"watchdog.test": "true"}},
		&container.HostConfig{
			NetworkMode: "none", ReadonlyRootfs: true, CapDrop: []string{"ALL"}, SecurityOpt: []string{"no-new-privileges:true"}, IpcMode: "none",
			Resources: container.Resources{Memory: shippedLimit, MemorySwap: shippedLimit},
			Binds:     []string{socket + ":/var/run/docker.sock:ro", "/proc:/host/proc:ro", "/root:/host/root:ro"},
		}, nil, nil, containertest.Name(t, "alone"))
	must(t, err)
	t.Cleanup(func() {
		_ = engine.ContainerRemove(context.Background(), created.ID, container.RemoveOptions{Force: true})
	})
	containertest.Start(t, engine, created.ID)
	run := func(args ...string) (string, error) {
		out, err := exec.CommandContext(t.Context(), "docker", append([]string{"exec", created.ID}, args...)...).CombinedOutput()
		return string(out), err
	}
	check, _ := run("/watchdog", "check")
	for _, signal := range []string{"docker_down", "host_fds", "host_readonly:/"} {
		if fields := strings.Fields(lineWith(check, signal)); len(fields) < 2 || fields[1] != "ok" {
			t.Errorf("%s is not ok in\n%s", signal, check)
		}
	}
	if out, err := run("/watchdog", "healthcheck"); err != nil {
		t.Errorf("healthcheck: %v: %s", err, out)
	}
	if out, _ := run("/watchdog", "status"); !strings.Contains(out, "log") {
		t.Errorf("the control socket does not answer:\n%s", out)
	}
	if out, err := run("/bin/sh", "-c", "true"); err == nil {
		t.Errorf("there is a shell: %s", out)
	}

	inspected, err := engine.ContainerInspect(t.Context(), created.ID)
	must(t, err)
	status := procOf(t, inspected.State.Pid, "status")
	const none = "0000000000000000"
	for field, want := range map[string]string{
		"Uid": "65532\t65532\t65532\t65532", "CapInh": none, "CapPrm": none, "CapEff": none, "CapBnd": none, "CapAmb": none, "NoNewPrivs": "1",
	} {
		if got := strings.TrimPrefix(lineWith(status, field+":"), field+":\t"); got != want {
			t.Errorf("%s is %q, want %q", field, got, want)
		}
	}
	if found := writable(t, inspected.State.Pid); len(found) > 0 {
		t.Errorf("writable mounts: %q", found)
	}
	changes, err := engine.ContainerDiff(t.Context(), created.ID)
	must(t, err)
	for _, c := range changes {
		if !slices.Contains([]string{"/var", "/var/run", "/var/run/docker.sock", "/host", "/host/proc", "/host/root"}, c.Path) { // mount points that the engine creates
			t.Errorf("it wrote %s", c.Path)
		}
	}
}

// kernels matches the kernel's own file systems in a container, in which only root can write.
var kernels = regexp.MustCompile(`^/(dev(/pts|/mqueue)?|proc(/.*)?|sys(/.*)?)$`)

// writable returns the mounts of a container that are not read-only, except the kernel's own.
func writable(t *testing.T, pid int) (found []string) {
	t.Helper()
	for line := range strings.Lines(procOf(t, pid, "mountinfo")) {
		fields := strings.Fields(line) // proc_pid_mountinfo(5): the fifth is the mount point, the sixth its options
		if at := fields[4]; strings.HasPrefix(fields[5], "rw") && !kernels.MatchString(at) {
			found = append(found, at)
		}
	}
	return found
}

// lineWith returns the first line that contains the text.
func lineWith(all, text string) string {
	for line := range strings.Lines(all) {
		if strings.Contains(line, text) {
			return strings.TrimRight(line, "\n")
		}
	}
	return ""
}

// procOf reads a file of procfs about a process.
func procOf(t *testing.T, pid int, file string) string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
	must(t, err)
	return string(text)
}
