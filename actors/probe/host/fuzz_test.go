package host_test

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"orchestrator-watchdog/actors/probe/host"
)

// fuzzed are the files of procfs that are read, with valid contents.
var fuzzed = []struct{ name, text string }{
	{"meminfo", well["meminfo"]},
	{"loadavg", well["loadavg"]},
	{"stat", well["stat"]},
	{"vmstat", well["vmstat"]},
	{"sys/fs/file-nr", well["sys/fs/file-nr"]},
	{"sys/kernel/random/boot_id", "a\n"},
	{"pressure/cpu", well["pressure/cpu"]},
	{"pressure/memory", well["pressure/memory"]},
	{"pressure/io", well["pressure/io"]},
	{"mdstat", "Personalities : [raid1]\nmd0 : active raid1 sdb1[1](F) sda1[0]\n      1000 blocks super 1.2 [2/1] [U_]\n      [==>..........]  recovery = 12.6% (126/1000) finish=1.0min speed=10K/sec\n\nunused devices: <none>\n"},
	{"spl/kstat/zfs/arcstats", "13 1 0x01 96 26112 1 2\nname type data\nsize 4 700\nc_min 4 100\nmru_evictable_data 4 18446744073709551615\n"},
	{"spl/kstat/zfs/tank/state", "DEGRADED\n"},
}

// Whatever a file of procfs contains, a reading ends, and no value is NaN.
func FuzzProcfs(f *testing.F) {
	for i, file := range fuzzed {
		f.Add(uint8(i), []byte(file.text))
		f.Add(uint8(i), []byte("\x00 -1 99999999999999999999 nan\n\n"))
	}
	f.Fuzz(func(t *testing.T, which uint8, text []byte) {
		root := t.TempDir()
		files := make(map[string]string)
		for _, file := range fuzzed {
			files[file.name] = file.text
		}
		files[fuzzed[int(which)%len(fuzzed)].name] = string(text)
		write(t, root, files)
		s := host.NewSystem(root, host.DefaultThresholds)
		for range 2 {
			r, _ := s.Observe(t.Context())
			for _, o := range r.Observations {
				if o.Valued && math.IsNaN(o.Value) {
					t.Errorf("%s is NaN: %s", o.Signal, o.Detail)
				}
			}
		}
	})
}

// Whatever the mount tables contain, a reading of a mount ends, and observes only signals of that
// mount.
func FuzzMountTables(f *testing.F) {
	f.Add([]byte(ours), []byte(hosts))
	f.Add([]byte("40 27 8:17 / /host/data ro - ext4"), []byte("30 20 8:17 /a\\040b /data rw shared:2 master:x - ext4 /dev/sdb1 rw"))
	f.Add([]byte("40 27 8:17 / /host/data ro -\n"), []byte("x\n"))
	f.Fuzz(func(t *testing.T, ours, hosts []byte) {
		root := t.TempDir()
		for name, text := range map[string][]byte{"self/mountinfo": ours, "1/mountinfo": hosts} {
			path := filepath.Join(root, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		m := host.NewMount(host.MountOptions{
			Label: "/data", Path: "/host/data", Proc: root, Inodes: host.DefaultInodes, Now: time.Now,
			Statfs: func(_ string, buf *unix.Statfs_t) error {
				*buf = unix.Statfs_t{Bsize: 4096, Blocks: 10, Bfree: 5, Bavail: 5, Files: 10, Ffree: 5}
				return nil
			},
			MountID: func(string) (int, error) { return 40, nil },
		})
		r, _ := m.Observe(t.Context())
		for _, o := range r.Observations {
			if !slices.Contains([]string{"host_inodes:/data", "host_readonly:/data", "host_disk_ceiling:/data"}, string(o.Signal)) {
				t.Errorf("it observes %s", o.Signal)
			}
		}
	})
}
