package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const project = "../../.."

// copied copies the project's tracked files to a new folder.
func copied(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	list := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = project
	names, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(names), "\x00"), "\x00") {
		content, err := os.ReadFile(filepath.Join(project, name))
		if os.IsNotExist(err) {
			continue // deleted, and not committed yet
		}
		must(t, err)
		must(t, os.MkdirAll(filepath.Join(folder, filepath.Dir(name)), 0o755))
		must(t, os.WriteFile(filepath.Join(folder, name), content, 0o644))
	}
	return folder
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func made(t *testing.T, source, only string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "release")
	must(t, release{source: source, out: out, version: "v1.2.3", revision: "0123456789ab", only: only}.make(t.Context()))
	return out
}

func run(ctx context.Context, t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// The same source in two folders gives the same bytes: binary, image, bill of materials, notes and
// checksums. Both builds share Go's cache, whose content does not depend on the folder with -trimpath;
// linking and packing are done twice.
func TestTheSameSourceGivesTheSameRelease(t *testing.T) {
	one, two := made(t, copied(t), "linux-amd64"), made(t, copied(t), "linux-amd64")
	entries, err := os.ReadDir(one)
	must(t, err)
	if len(entries) != 5 {
		t.Errorf("got %d files, want binary, image, materials, notes and sums", len(entries))
	}
	for _, e := range entries {
		a, err := os.ReadFile(filepath.Join(one, e.Name()))
		must(t, err)
		b, err := os.ReadFile(filepath.Join(two, e.Name()))
		must(t, err)
		if !bytes.Equal(a, b) {
			t.Errorf("%s differs between two builds of the same source in different folders", e.Name())
		}
	}
	if out := run(t.Context(), t, "sh", "-c", "cd "+one+" && sha256sum -c SHA256SUMS"); strings.Contains(out, "FAILED") {
		t.Error(out)
	}
	for _, engine := range []string{"docker", "podman"} {
		t.Run(engine, func(t *testing.T) { runsOn(t, engine, filepath.Join(one, "watchdog-linux-amd64.oci.tar")) })
	}
}

// runsOn loads the archive into an engine, and runs it with minimal privileges.
func runsOn(t *testing.T, engine, archive string) {
	if _, err := exec.LookPath(engine); err != nil && os.Getenv("CI") == "" {
		t.Skipf("%s is not installed", engine)
	}
	const image = "orchestrator-watchdog:v1.2.3"
	args := func(more ...string) []string { return more }
	if engine == "podman" { // with storage of its own
		folder, err := os.MkdirTemp("", "podman") // Podman refuses long paths
		must(t, err)
		t.Cleanup(func() { _ = os.RemoveAll(folder) })
		args = func(more ...string) []string {
			return append([]string{"--root", filepath.Join(folder, "root"), "--runroot", filepath.Join(folder, "run"), "--storage-driver", "vfs"}, more...)
		}
	}
	run(t.Context(), t, engine, args("load", "-i", archive)...)
	t.Cleanup(func() { run(context.Background(), t, engine, args("rmi", "-f", image)...) })
	labels := run(t.Context(), t, engine, args("image", "inspect", "-f", "{{json .Config.Labels}}", image)...)
	if !strings.Contains(labels, `"org.opencontainers.image.version":"v1.2.3"`) || !strings.Contains(labels, `"org.opencontainers.image.revision":"0123456789ab"`) {
		t.Errorf("labels are %s", labels)
	}
	if engine == "podman" {
		return // running it needs privileges that not every test machine has
	}
	out := run(t.Context(), t, engine, args("run", "--rm", "--read-only", "--cap-drop", "ALL", "--network", "none", image, "version")...)
	if !strings.Contains(out, "watchdog v1.2.3 (commit 0123456789ab, go") {
		t.Errorf("it says %q", out)
	}
}

// The binary for armv7 works under emulation.
func TestTheBinaryForARM(t *testing.T) {
	if _, err := exec.LookPath("qemu-arm"); err != nil && os.Getenv("CI") == "" {
		t.Skip("qemu-arm is not installed (apt-get install qemu-user)")
	}
	binary := filepath.Join(made(t, project, "linux-armv7"), "watchdog-linux-armv7")
	if out := run(t.Context(), t, "qemu-arm", binary, "version"); !strings.Contains(out, "linux/arm)") {
		t.Errorf("version says %q", out)
	}
	if out := run(t.Context(), t, "qemu-arm", binary, "config", "host_load"); !strings.Contains(out, "raise_ticks") {
		t.Errorf("config says %q", out)
	}
	log := filepath.Join(t.TempDir(), "log")
	lines := ""
	for _, ts := range []string{"00:00:00", "00:00:15", "00:00:30"} {
		lines += `{"ts":"2026-01-01T` + ts + `Z","msg":"observation","signal":"host_load","state":"warning","value":9,"detail":"load 9"}` + "\n"
	}
	must(t, os.WriteFile(log, []byte(lines), 0o600))
	if out := run(t.Context(), t, "qemu-arm", binary, "replay", log); !strings.Contains(out, "ALERT     host_load") {
		t.Errorf("replay says %q", out)
	}
}

// The notes are the section of the version, whether its heading has a link and a date or not.
func TestNotes(t *testing.T) {
	const log = "# Changelog\n\n## Unreleased\n\n- new\n\n## [1.2.0] (2026-11-01)\n\n### Added\n\n- old\n\n## 1.1.0\n\n- older\n"
	for title, want := range map[string]string{"Unreleased": "- new", "1.2.0": "### Added\n\n- old", "1.1.0": "- older", "1.0.0": ""} {
		if got := section(log, title); got != want {
			t.Errorf("%s: got %q, want %q", title, got, want)
		}
	}
}
