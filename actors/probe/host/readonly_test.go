package host_test

import (
	"strings"
	"testing"

	"orchestrator-watchdog/actors/probe/host"
	"orchestrator-watchdog/messages"
)

// table returns a mount table with /data: its type, and the flags of its mount and file system.
func table(kind, mount, super string) string {
	return "20 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n30 20 8:17 / /data " + mount + ",relatime - " + kind + " /dev/sdb1 " + super + "\n"
}

// A file system is critical only if it was writable and is now read-only on the host. That our own
// mount is read-only does not matter.
func TestAFileSystemThatTurnsReadOnlyIsCritical(t *testing.T) {
	const ok, bad = messages.OK, messages.Critical
	for name, c := range map[string]struct {
		tables []string
		want   []messages.Level
	}{
		"only our own mount is read-only":         {[]string{table("ext4", "rw", "rw")}, []messages.Level{ok}},
		"remounted read-only, and back":           {[]string{table("ext4", "rw", "rw"), table("ext4", "ro", "ro"), table("ext4", "rw", "rw")}, []messages.Level{ok, bad, ok}},
		"only the mount is read-only now":         {[]string{table("ext4", "rw", "rw"), table("ext4", "ro", "rw")}, []messages.Level{ok, bad}},
		"read-only from the start":                {[]string{table("ext4", "ro", "ro"), table("ext4", "ro", "ro")}, []messages.Level{ok, ok}},
		"the kernel did it before our start":      {[]string{table("ext4", "rw", "ro,errors=remount-ro")}, []messages.Level{bad}},
		"ext4 since Linux 6.15, after an error":   {[]string{table("ext4", "rw", "rw,emergency_ro")}, []messages.Level{bad}},
		"ext4 since Linux 6.15, after a shutdown": {[]string{table("ext4", "rw", "rw,shutdown")}, []messages.Level{bad}},
		"an image is always read-only":            {[]string{table("squashfs", "rw", "ro")}, []messages.Level{ok}},
		"a second, read-only mount is no fault": {[]string{
			table("ext4", "rw", "rw") + "31 20 8:17 / /srv/view ro - ext4 /dev/sdb1 rw\n"}, []messages.Level{ok}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDisk(t)
			m := d.probe()
			for i, hosts := range c.tables {
				d.mounts(ours, hosts)
				if o := one(t, m, "host_readonly:/data"); o.Level != c.want[i] {
					t.Errorf("reading %d: got %+v, want %s", i, o, c.want[i])
				}
			}
		})
	}
}

func one(t *testing.T, m *host.Mount, signal messages.Key) messages.Observation {
	t.Helper()
	got, notes := observe(t, m)
	o, ok := got[signal]
	if !ok {
		t.Fatalf("no %s; notes %q", signal, notes)
	}
	return o
}

// Our mount is found in the host's table by device and root, or else by its label.
func TestWhereAMountIsOnTheHost(t *testing.T) {
	const root = "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
	for name, c := range map[string]struct {
		label, ours, hosts string
		want               string // part of the detail; empty: it is not found
	}{
		"by device, with any label":          {"data", ours, hosts, "/data (ext4 on /dev/sdb1)"},
		"a bind mount of a directory":        {"data", "40 1 8:17 /in/it /host/data ro - ext4 /dev/sdb1 rw\n", hosts, "/data (ext4"},
		"the deepest mount that contains it": {"data", "40 1 8:17 /in/it /x ro - ext4 /dev/sdb1 rw\n", hosts + "31 20 8:17 /in /only-in rw - ext4 /dev/sdb1 rw\n", "/only-in"},
		"not a mount with the same prefix":   {"data", "40 1 8:17 /into /x ro - ext4 /dev/sdb1 rw\n", hosts + "31 20 8:17 /in /only-in rw - ext4 /dev/sdb1 rw\n", "/data (ext4"},
		"by label, without its device":       {"/data", "40 1 0:99 / /x ro - btrfs /dev/sdb1 rw\n", hosts, "/data (ext4"},
		"by label, without our mount":        {"/data/sub", "", hosts, "/data (ext4"},
		"by label, under the root":           {"/database", "", hosts, "/ (ext4"},
		"by label, the last mount covers":    {"/data", "", hosts + "33 30 8:33 / /data rw - xfs /dev/sdc1 rw\n", "/data (xfs on /dev/sdc1)"},
		"by label, with a space":             {"/my data", "", root + "31 20 8:33 / /my\\040data rw - xfs /dev/sdc1 rw\n", "(xfs on /dev/sdc1)"},
		"a label that is not a path":         {"data", "", hosts, ""},
		"the table of process 1 is missing":  {"/data", ours, "", ""},
		"the table of process 1 is broken":   {"/data", ours, "half a line\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDisk(t)
			d.mounts(c.ours, c.hosts)
			d.options.Label = c.label
			m := d.probe()
			if c.want != "" {
				if o := one(t, m, messages.NewKey("host_readonly", c.label)); !strings.Contains(o.Detail, c.want) {
					t.Errorf("got %q, want %q in it", o.Detail, c.want)
				}
				return
			}
			got, notes := observe(t, m)
			if _, there := got[messages.NewKey("host_readonly", c.label)]; there || len(notes) != 1 || !strings.HasPrefix(notes[0].Text, "host_readonly:") {
				t.Errorf("got %v and the notes %q, want one note", got, notes)
			}
		})
	}
}

// If the host's table can't be read any more, the reading is an error, and the other signals are
// still observed.
func TestAMountTableThatIsLost(t *testing.T) {
	d := newDisk(t)
	m := d.probe()
	observe(t, m)
	d.mounts(ours, "")
	r, err := m.Observe(t.Context())
	if err == nil || len(r.Observations) != 1 || r.Observations[0].Signal != "host_inodes:/data" {
		t.Errorf("got %+v and the error %v", r.Observations, err)
	}
}

// In the host's namespace, or without its procfs, the host's table contains our own read-only mount.
// Only the flag of the file system counts then.
func TestOurOwnMountDoesNotCountAsReadOnly(t *testing.T) {
	d := newDisk(t)
	m := d.probe()
	d.mounts(ours, ours)
	if o := one(t, m, "host_readonly:/data"); o.Level != messages.OK {
		t.Errorf("our own :ro mount: got %+v", o)
	}
	turned := strings.Replace(ours, "/dev/sdb1 rw", "/dev/sdb1 ro", 1)
	d.mounts(turned, turned)
	if o := one(t, m, "host_readonly:/data"); o.Level != messages.Critical {
		t.Errorf("the file system turned read-only: got %+v", o)
	}
}

// The inodes and space of a file system that the host can't write to are not judged.
func TestAReadOnlyFileSystemCannotFillUp(t *testing.T) {
	for name, c := range map[string]struct {
		hosts  string
		judged bool
	}{
		"an image":                  {table("squashfs", "ro", "ro"), false},
		"mounted read-only":         {table("ext4", "ro", "ro"), false},
		"writable":                  {table("ext4", "rw", "rw"), true},
		"writable by another mount": {table("ext4", "ro", "rw") + "31 20 8:17 / /srv/rw rw - ext4 /dev/sdb1 rw\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDisk(t)
			d.fs.Ffree, d.options.Ceiling = 0, 97
			d.fs.Bfree, d.fs.Bavail = 0, 0
			d.mounts(ours, c.hosts)
			got, _ := observe(t, d.probe())
			_, inodes := got["host_inodes:/data"]
			if inodes != c.judged {
				t.Errorf("got %v, want inodes judged: %t", got, c.judged)
			}
		})
	}
}
