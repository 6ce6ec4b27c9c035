package host_test

import (
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sys/unix"

	"orchestrator-watchdog/actors/probe"

	"orchestrator-watchdog/actors/probe/host"
	"orchestrator-watchdog/messages"
)

// disk is a fake file system: the result of statfs and the mount tables.
type disk struct {
	options host.MountOptions
	fs      unix.Statfs_t
	err     error
	now     time.Time
	tables  string // path of the fake procfs
	t       *testing.T
}

// The host's /dev/sdb1 is mounted on /data, and for us read-only on /host/data.
const (
	ours  = "27 1 0:50 / / rw - overlay overlay rw\n40 27 8:17 / /host/data ro,relatime - ext4 /dev/sdb1 rw,errors=remount-ro\n"
	hosts = "20 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n30 20 8:17 / /data rw,relatime shared:2 - ext4 /dev/sdb1 rw,errors=remount-ro\n"
)

func newDisk(t *testing.T) *disk {
	d := &disk{
		fs:     unix.Statfs_t{Bsize: 4096, Blocks: 1000, Bfree: 500, Bavail: 500, Files: 100, Ffree: 50},
		now:    time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		tables: t.TempDir(),
		t:      t,
	}
	d.mounts(ours, hosts)
	d.options = host.MountOptions{
		Label: "/data", Path: "/host/data", Proc: d.tables, Inodes: host.DefaultInodes,
		Now:     func() time.Time { return d.now },
		Statfs:  func(_ string, buf *unix.Statfs_t) error { *buf = d.fs; return d.err },
		MountID: func(string) (int, error) { return 40, nil },
	}
	return d
}

func (d *disk) probe() *host.Mount { return host.NewMount(d.options) }

// mounts sets our mount table and the host's.
func (d *disk) mounts(ours, hosts string) {
	d.t.Helper()
	write(d.t, d.tables, map[string]string{"self/mountinfo": ours, "1/mountinfo": hosts})
}

// host_inodes has two levels. host_disk_ceiling is critical, and off by default.
func TestLevelsOfAMount(t *testing.T) {
	for name, c := range map[string]struct {
		fs      unix.Statfs_t
		ceiling float64
		signal  messages.Key
		want    messages.Level
		missing bool
	}{
		"free inodes are ok":                  {fs: unix.Statfs_t{Files: 100, Ffree: 50}, signal: "host_inodes:/data", want: messages.OK},
		"91 % of the inodes are a warning":    {fs: unix.Statfs_t{Files: 100, Ffree: 9}, signal: "host_inodes:/data", want: messages.Warning},
		"98 % of the inodes are critical":     {fs: unix.Statfs_t{Files: 100, Ffree: 2}, signal: "host_inodes:/data", want: messages.Critical},
		"a file system without inodes":        {fs: unix.Statfs_t{Blocks: 5}, signal: "host_inodes:/data", missing: true},
		"the ceiling is off by default":       {fs: unix.Statfs_t{Blocks: 100, Bsize: 4096}, signal: "host_disk_ceiling:/data", missing: true},
		"above the ceiling is critical":       {fs: unix.Statfs_t{Blocks: 100, Bfree: 2, Bavail: 2, Bsize: 4096}, ceiling: 97, signal: "host_disk_ceiling:/data", want: messages.Critical},
		"at the ceiling is ok":                {fs: unix.Statfs_t{Blocks: 100, Bfree: 3, Bavail: 3, Bsize: 4096}, ceiling: 97, signal: "host_disk_ceiling:/data", want: messages.OK},
		"all space is reserved for root":      {fs: unix.Statfs_t{Blocks: 100, Bfree: 100, Bsize: 4096}, ceiling: 97, signal: "host_disk_ceiling:/data", missing: true},
		"space reserved for root is not free": {fs: unix.Statfs_t{Blocks: 100, Bfree: 5, Bavail: 1, Bsize: 4096}, ceiling: 97, signal: "host_disk_ceiling:/data", want: messages.Critical},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDisk(t)
			d.fs = c.fs
			d.options.Ceiling = c.ceiling
			got, _ := observe(t, d.probe())
			o, ok := got[c.signal]
			if ok == c.missing || o.Level != c.want {
				t.Errorf("got %+v (observed: %t), want %s", o, ok, c.want)
			}
		})
	}
}

// The ceiling clears one percentage point lower. Its detail is in bytes, by the unit of the counts.
func TestTheCeilingHasHysteresis(t *testing.T) {
	d := newDisk(t)
	d.options.Ceiling = 97
	m := d.probe()
	for _, step := range []struct {
		free uint64
		want messages.Level
	}{{30, messages.OK}, {29, messages.Critical}, {35, messages.Critical}, {40, messages.OK}} {
		d.fs = unix.Statfs_t{Bsize: 1 << 20, Frsize: 1 << 10, Blocks: 1000, Bfree: step.free, Bavail: step.free}
		if o := one(t, m, "host_disk_ceiling:/data"); o.Level != step.want || !strings.Contains(o.Detail, "of 1000.0 KiB used") {
			t.Errorf("%d of 1000 free: got %+v, want %s", step.free, o, step.want)
		}
	}
}

// A mount that can't be read is off, with a note. If it could be read before, the reading is an
// error, so that its signals are unknown.
func TestAMountThatCannotBeRead(t *testing.T) {
	d := newDisk(t)
	d.err = syscall.ENOENT
	m := d.probe()
	got, notes := observe(t, m)
	if len(got) != 0 || len(notes) != 1 || !strings.Contains(notes[0].Text, "WATCHDOG_HOST_MOUNTS") {
		t.Errorf("at first: got %d signals and the notes %q, want none and one that names the setting", len(got), notes)
	}
	d.err = nil
	if got, _ := observe(t, m); len(got) != 2 {
		t.Errorf("once it can be read: got %v, want its signals", got)
	}
	d.err = syscall.EIO
	r, err := m.Observe(t.Context())
	if err == nil || len(r.Observations) != 1 || r.Observations[0].Signal != "host_readonly:/data" {
		t.Errorf("later: got %v and the error %v, want an error and host_readonly", r.Observations, err)
	}
}

// A mount that was not set by name is left out if its file system is one of the kinds.
func TestKindsThatAreLeftOutByDefault(t *testing.T) {
	for name, c := range map[string]struct {
		kind    string
		named   bool
		watched bool
	}{
		"ext4":            {kind: "ext4", watched: true},
		"overlay":         {kind: "overlay"},
		"squashfs":        {kind: "squashfs"},
		"nfs4":            {kind: "nfs4"},
		"sysfs":           {kind: "sysfs"},
		"nfs4, but named": {kind: "nfs4", named: true, watched: true},
		"a local FUSE":    {kind: "fuseblk", watched: true},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDisk(t)
			d.mounts(strings.ReplaceAll(ours, "ext4", c.kind), hosts)
			d.options.Default = !c.named
			r, err := d.probe().Observe(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if watched := len(r.Observations) > 0; watched != c.watched {
				t.Errorf("watched: %t, want %t", watched, c.watched)
			}
			if left := len(r.Notes) == 1 && r.Notes[0].Normal && strings.Contains(r.Notes[0].Text, "("+c.kind+")"); left == c.watched {
				t.Errorf("got the notes %q", r.Notes)
			}
		})
	}
}

// A mount that hangs affects no other.
func TestAHungMountAffectsNoOther(t *testing.T) {
	hung, well := newDisk(t), newDisk(t)
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		hung.options.Statfs = func(string, *unix.Statfs_t) error { <-release; return syscall.EIO }
		var ofHung, ofWell []messages.Report
		serve(t, "hung", hung.probe(), &ofHung)
		serve(t, "well", well.probe(), &ofWell)
		for range 4 {
			time.Sleep(15 * time.Second)
			synctest.Wait()
		}
		if n := len(ofWell); n != 5 || ofWell[n-1].Err != "" {
			t.Errorf("the other mount: got %d reports, want 5 without an error", n)
		}
		last := ofHung[len(ofHung)-1]
		if last.Observations[0].Signal != "watchdog_probe:hung" || last.Observations[0].Level != messages.Warning {
			t.Errorf("the hung mount: got %+v", last.Observations)
		}
		close(release)
		synctest.Wait()
	})
}

// serve runs a mount's probe every 15 s until the test ends.
func serve(t *testing.T, name string, m *host.Mount, reports *[]messages.Report) {
	actor := probe.NewActor(probe.Options{
		Name: name, Probe: m, Interval: 15 * time.Second, Deadline: 5 * time.Second, Progress: func() {},
		Common: &probe.Common{
			Emit: func(r messages.Report) { *reports = append(*reports, r) }, EmitEdge: func(messages.Edge) {},
			Log: zap.NewNop(), Now: time.Now, Beat: time.Hour,
		},
	})
	go func() { _ = actor.Serve(t.Context()) }()
	synctest.Wait()
}

// The root of the real machine can be read, and is in the mount table.
func TestTheMachinesOwnRoot(t *testing.T) {
	got, notes := observe(t, host.NewMount(host.MountOptions{
		Label: "/", Path: "/", Proc: "/proc", Inodes: host.DefaultInodes, Ceiling: 97, ETA: true, Now: time.Now,
	}))
	for _, signal := range []messages.Key{"host_disk_ceiling:/", "host_disk_eta:/", "host_readonly:/"} {
		if o, ok := got[signal]; !ok || o.Level == messages.Unknown {
			t.Errorf("%s: got %+v, notes %q", signal, o, notes)
		}
	}
}
