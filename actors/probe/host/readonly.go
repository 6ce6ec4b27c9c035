package host

import (
	"slices"

	"github.com/prometheus/procfs"

	"orchestrator-watchdog/messages"
)

// writability follows whether a file system may be written to. A mount table tells it
// twice: of the mount (a choice of who mounted it) and of the file system itself.
type writability struct {
	known bool // it was judged once
	was   bool // it could be written to once, in this run
}

// judge says critical of a file system that was writable and is read-only now. It was,
// where this run has seen it so or where the mount still is: then the kernel took the
// writing away, as it does on errors, and a restart of ours forgets nothing. One that
// was mounted read-only from the start is ok.
func (w *writability) judge(at place) messages.Observation {
	w.known = true
	seen := at.host[0]
	if slices.ContainsFunc(at.host, at.writable) {
		w.was = true
		return messages.Observation{Level: messages.OK, Detail: describe(seen) + " is writable"}
	}
	switch {
	case slices.ContainsFunc(at.host, forced):
		return messages.Observation{Level: messages.Critical, Detail: describe(seen) +
			" was made read-only by the kernel, mostly after I/O errors: read dmesg, save what you can, then fsck"}
	case w.was:
		return messages.Observation{Level: messages.Critical, Detail: describe(seen) +
			" was writable and is mounted read-only now: read dmesg and, if it is sound, mount -o remount,rw " + seen.MountPoint}
	}
	return messages.Observation{Level: messages.OK, Detail: describe(seen) + " is mounted read-only, and was since we watch it"}
}

// writable judges one mount of the host. Where the host's table shows our own mount
// (we run in its namespace, or were not given its procfs), that mount's being
// read-only is our own view, and says nothing of the host.
func (p place) writable(m *procfs.MountInfo) bool {
	ours := p.own != nil && m.MountID == p.own.MountID
	return !readOnlySuper(m) && (ours || !has(m.Options, "ro"))
}

// canBeWritten tells whether somebody on the host can fill the file system up. An image is
// full from the start. Where nothing is known of it, it is taken as writable.
func (p place) canBeWritten() bool {
	if p.own != nil && kindOf(p.own.FSType) == imageKind {
		return false
	}
	return len(p.host) == 0 || slices.ContainsFunc(p.host, p.writable)
}

// forced tells a file system that turned read-only under a mount that is not.
func forced(m *procfs.MountInfo) bool {
	return readOnlySuper(m) && !has(m.Options, "ro") && kindOf(m.FSType) != imageKind
}

// readOnlySuper judges the file system itself. ext4 since Linux 6.12 keeps its "rw"
// after an error, and shows (since 6.15) emergency_ro or shutdown.
func readOnlySuper(m *procfs.MountInfo) bool {
	return has(m.SuperOptions, "ro") || has(m.SuperOptions, "emergency_ro") || has(m.SuperOptions, "shutdown")
}

func has(options map[string]string, name string) bool {
	_, there := options[name]
	return there
}
