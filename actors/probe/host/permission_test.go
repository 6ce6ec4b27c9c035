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

// asNobody runs f as a user who may read nothing of ours: root may read everything.
func asNobody(t *testing.T, f func()) {
	t.Helper()
	if os.Getuid() != 0 {
		f()
		return
	}
	runtime.LockOSThread() // the kernel keeps this user for each thread
	defer runtime.UnlockOSThread()
	if _, err := unix.SetfsuidRetUid(65534); err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = unix.SetfsuidRetUid(0) }()
	f()
}

// forbid takes away the right to read a file of a procfs that everybody may enter.
func forbid(t *testing.T, root, name string) {
	t.Helper()
	if err := os.Chmod(filepath.Dir(root), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(root, name), 0); err != nil {
		t.Fatal(err)
	}
}

// What may not be read is off, with one note that says so and how to have it; what may
// be read goes on.
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
						t.Errorf("got the notes %q, want one of %s", notes, off)
					}
					if want := 6; off != "host_oom" && len(got) != want-1 || off == "host_oom" && len(got) != want {
						t.Errorf("got %d signals", len(got))
					}
				}
			})
		})
	}
}

// The host's mount table takes the host's procfs and the right to read that of process
// 1; without it a mount's room is watched all the same.
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

// A mount that we may not enter is off, with a note that names the setting.
func TestAMountWithoutPermission(t *testing.T) {
	d := newDisk(t)
	d.err = syscall.EACCES
	got, notes := observe(t, d.probe())
	if len(got) != 0 || len(notes) != 1 || !strings.Contains(notes[0].Text, "permission denied") || !strings.Contains(notes[0].Text, "WATCHDOG_HOST_MOUNTS") {
		t.Errorf("got %v and the notes %q", got, notes)
	}
}
