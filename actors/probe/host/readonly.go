package host

import (
	"slices"

	"github.com/prometheus/procfs"

	"orchestrator-watchdog/messages"
)

// writability follows whether a file system is writable. A mount table has two flags for that: one
// of the mount, which an administrator chooses, and one of the file system.
type writability struct {
	known bool // it was judged before
	was   bool // it has been writable since our start
}

// judge returns critical for a file system that was writable and is now read-only. It was writable
// if it has been so since our start, or if the mount still is: then the kernel made the file system
// read-only, as it does after errors. A file system that was always read-only is ok.
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
	return messages.Observation{Level: messages.OK, Detail: describe(seen) + " is mounted read-only, and has been so since the watchdog started"}
}

// writable reports whether a mount of the host is writable. If the host's table contains our own
// mount (we run in the host's namespace, or without its procfs), the flag of that mount is ignored:
// we mount read-only ourselves.
func (p place) writable(m *procfs.MountInfo) bool {
	ours := p.own != nil && m.MountID == p.own.MountID
	return !readOnlySuper(m) && (ours || !has(m.Options, "ro"))
}

// canBeWritten reports whether the host can write to the file system, so that it can fill up. It
// is false for an image, and true if the host's mounts are not known.
func (p place) canBeWritten() bool {
	if p.own != nil && unwatched[p.own.FSType] == imageKind {
		return false
	}
	return len(p.host) == 0 || slices.ContainsFunc(p.host, p.writable)
}

// forced reports whether a file system is read-only although its mount is not.
func forced(m *procfs.MountInfo) bool {
	return readOnlySuper(m) && !has(m.Options, "ro") && unwatched[m.FSType] != imageKind
}

// readOnlySuper reports whether the file system itself is read-only. Since Linux 6.12 ext4 keeps
// "rw" after an error, and since 6.15 adds emergency_ro or shutdown.
func readOnlySuper(m *procfs.MountInfo) bool {
	return has(m.SuperOptions, "ro") || has(m.SuperOptions, "emergency_ro") || has(m.SuperOptions, "shutdown")
}

func has(options map[string]string, name string) bool {
	_, there := options[name]
	return there
}
