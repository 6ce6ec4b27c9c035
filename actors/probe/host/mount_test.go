package host_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"orchestrator-watchdog/actors/probe/host"
	"orchestrator-watchdog/messages"
)

// Inodes have two levels; the ceiling is off unless asked for, and critical.
func TestLevelsOfAMount(t *testing.T) {
	for name, c := range map[string]struct {
		fs      unix.Statfs_t
		ceiling float64
		signal  messages.Key
		want    messages.Level
		missing bool
	}{
		"free inodes are ok":                    {fs: unix.Statfs_t{Files: 100, Ffree: 50}, signal: "host_inodes:/data", want: messages.OK},
		"91 % of the inodes are a warning":      {fs: unix.Statfs_t{Files: 100, Ffree: 9}, signal: "host_inodes:/data", want: messages.Warning},
		"98 % of the inodes are critical":       {fs: unix.Statfs_t{Files: 100, Ffree: 2}, signal: "host_inodes:/data", want: messages.Critical},
		"a file system without inodes has none": {fs: unix.Statfs_t{Blocks: 5}, signal: "host_inodes:/data", missing: true},
		"a full disk is another watchdog's":     {fs: unix.Statfs_t{Blocks: 100, Bsize: 4096}, signal: "host_disk_ceiling:/data", missing: true},
		"asked for, it is critical":             {fs: unix.Statfs_t{Blocks: 100, Bfree: 2, Bavail: 2, Bsize: 4096}, ceiling: 97, signal: "host_disk_ceiling:/data", want: messages.Critical},
		"at the ceiling it is not yet":          {fs: unix.Statfs_t{Blocks: 100, Bfree: 3, Bavail: 3, Bsize: 4096}, ceiling: 97, signal: "host_disk_ceiling:/data", want: messages.OK},
		"space for root alone counts as used":   {fs: unix.Statfs_t{Blocks: 100, Bfree: 5, Bavail: 1, Bsize: 4096}, ceiling: 97, signal: "host_disk_ceiling:/data", want: messages.Critical},
	} {
		t.Run(name, func(t *testing.T) {
			m := host.NewMount(host.MountOptions{
				Label: "/data", Path: "/host/data", Inodes: host.DefaultInodes, Ceiling: c.ceiling,
				Statfs: func(_ string, buf *unix.Statfs_t) error { *buf = c.fs; return nil },
			})
			got, _ := observe(t, m)
			o, ok := got[c.signal]
			if ok == c.missing || o.Level != c.want {
				t.Errorf("got %+v (there: %t), want %s", o, ok, c.want)
			}
		})
	}
}
