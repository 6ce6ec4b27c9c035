package supervisor_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"orchestrator-watchdog/actors/probe/host"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor"
)

// mountTable is the host's mount table: three file systems, one of them on the network.
const mountTable = "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n" +
	"30 20 8:17 / /data rw - ext4 /dev/sdb1 rw\n" +
	"31 20 0:99 / /nfs rw - nfs4 nas:/vol rw\n"

// mount returns the probe of a mount whose statfs waits until the gate is closed.
func mount(proc, path string, gate func() <-chan struct{}) supervisor.ProbePart {
	return supervisor.ProbePart{
		Name: "mount:" + path, Interval: tick, Deadline: 5 * time.Second,
		Probe: host.NewMount(host.MountOptions{
			Label: path, Path: path, Proc: proc, Inodes: host.DefaultInodes, Ceiling: 97, Now: time.Now,
			MountID: func(string) (int, error) { return 0, unix.ENOSYS },
			Statfs: func(_ string, buf *unix.Statfs_t) error {
				<-gate()
				*buf = unix.Statfs_t{Bsize: 4096, Blocks: 1000, Bfree: 500, Bavail: 500, Files: 100, Ffree: 50}
				return nil
			},
		}),
	}
}

func opened() <-chan struct{} {
	gate := make(chan struct{})
	close(gate)
	return gate
}

// A mount that hangs affects only itself: its signals are unknown and watchdog_probe rises, while
// the other mounts report on time. When it comes back, its signals recover.
func TestAMountThatHangsIsStuckAlone(t *testing.T) {
	proc := t.TempDir()
	for _, process := range []string{"self", "1"} {
		if err := os.MkdirAll(filepath.Join(proc, process), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(proc, process, "mountinfo"), []byte(mountTable), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		start, back := time.Now(), make(chan struct{})
		hangs := func() <-chan struct{} {
			if time.Since(start) < 5*time.Minute {
				return opened()
			}
			return back
		}
		ch := &chat{name: "chat"}
		r := run([]supervisor.ProbePart{mount(proc, "/", opened), mount(proc, "/nfs", hangs), mount(proc, "/data", opened)}, ch)
		seen := func(want messages.Level, signals ...messages.Key) {
			t.Helper()
			for _, signal := range signals {
				if o, ok := r.tree.State().Last(signal); !ok || o.Level != want {
					t.Errorf("%s after %s: got %+v, want %s", signal, time.Since(start), o, want)
				}
			}
		}
		ofHung := []messages.Key{"host_inodes:/nfs", "host_disk_ceiling:/nfs", "host_readonly:/nfs"}
		ofOthers := []messages.Key{"host_inodes:/", "host_readonly:/", "host_inodes:/data", "host_readonly:/data"}

		time.Sleep(4 * time.Minute)
		seen(messages.OK, append(ofHung, ofOthers...)...)
		time.Sleep(6*time.Minute + time.Second)
		seen(messages.Unknown, ofHung...)
		seen(messages.Warning, "watchdog_probe:mount:/nfs")
		seen(messages.OK, ofOthers...)
		for _, name := range []string{"mount:/", "mount:/data"} {
			onTime(t, "report of "+name, r.counted.reported(name), r.start, 0, 41)
		}
		if got := strings.Join(ch.lines(), ", "); got != "ALERT watchdog_probe:mount:/nfs" {
			t.Errorf("told %q", got)
		}
		if n := r.logs.FilterMessage("probe_stuck").Len(); n != 1 {
			t.Errorf("probe_stuck was logged %d times", n)
		}

		close(back)
		time.Sleep(2 * time.Minute)
		seen(messages.OK, append(ofHung, "watchdog_probe:mount:/nfs")...)
		if got := strings.Join(ch.lines(), ", "); got != "ALERT watchdog_probe:mount:/nfs, RECOVERED watchdog_probe:mount:/nfs" {
			t.Errorf("told %q after it was back", got)
		}
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
}
