package host_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"orchestrator-watchdog/actors/probe/host"
	"orchestrator-watchdog/messages"
)

// asNobody runs f as an unprivileged user, since root may read everything.
func asNobody(t *testing.T, f func()) {
	t.Helper()
	if os.Getuid() != 0 {
		f()
		return
	}
	runtime.LockOSThread() // the user is per thread
	defer runtime.UnlockOSThread()
	if _, err := unix.SetfsuidRetUid(65534); err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = unix.SetfsuidRetUid(0) }()
	f()
}

// forbid removes the permission to read a file of a procfs.
func forbid(t *testing.T, root, name string) {
	t.Helper()
	if err := os.Chmod(filepath.Dir(root), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(root, name), 0); err != nil {
		t.Fatal(err)
	}
}

// Signals whose file may not be read are off, with one note that says how to switch them on. The
// other signals are observed.
func TestWithoutPermission(t *testing.T) {
	for file, off := range map[string]string{
		"meminfo": "host_memory", "loadavg": "host_load", "stat": "host_load", "pressure/io": "host_pressure", "sys/fs/file-nr": "host_fds", "vmstat": "host_oom",
	} {
		t.Run(file, func(t *testing.T) {
			root := proc(t, nil)
			forbid(t, root, file)
			asNobody(t, func() {
				s := host.NewSystem(root, host.DefaultThresholds)
				for range 2 {
					got, notes := observe(t, s)
					if len(notes) != 1 || !strings.HasPrefix(notes[0].Text, off+": off, as") || !strings.Contains(notes[0].Text, "permission denied") || !strings.Contains(notes[0].Text, "; to switch it on, ") {
						t.Errorf("got the notes %q, want one about %s", notes, off)
					}
					if want := 6; off != "host_oom" && len(got) != want-1 || off == "host_oom" && len(got) != want {
						t.Errorf("got %d signals", len(got))
					}
				}
			})
		})
	}
}

// Without permission to read the mount table of process 1, host_readonly is off, and the space of a
// mount is still watched.
func TestAMountTableWithoutPermission(t *testing.T) {
	d := newDisk(t)
	forbid(t, d.tables, "1/mountinfo")
	asNobody(t, func() {
		got, notes := observe(t, d.probe())
		if o, ok := got["host_inodes:/data"]; !ok || o.Level != messages.OK || len(got) != 1 {
			t.Errorf("got %v, want the inodes alone", got)
		}
		if len(notes) != 1 || !strings.HasPrefix(notes[0].Text, "host_readonly:/data: off, as") || !strings.Contains(notes[0].Text, "permission denied") {
			t.Errorf("got the notes %q", notes)
		}
	})
}

// A mount without permission is off, with a note that names the setting.
func TestAMountWithoutPermission(t *testing.T) {
	d := newDisk(t)
	d.err = syscall.EACCES
	got, notes := observe(t, d.probe())
	if len(got) != 0 || len(notes) != 1 || !strings.Contains(notes[0].Text, "permission denied") || !strings.Contains(notes[0].Text, "WATCHDOG_HOST_MOUNTS") {
		t.Errorf("got %v and the notes %q", got, notes)
	}
}
