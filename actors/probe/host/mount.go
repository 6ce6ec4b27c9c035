package host

import (
	"context"
	"fmt"

	"golang.org/x/sys/unix"

	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/messages"
)

// DefaultInodes is the threshold of the contract for used inodes, in percent.
var DefaultInodes = Threshold{Raise: 90, Clear: 88, RaiseCritical: 97}

// MountOptions are what a Mount is made of.
type MountOptions struct {
	Label   string // names the mount in signals
	Path    string // where it is mounted for us, read-only
	Inodes  Threshold
	Ceiling float64 // percent of used space above which host_disk_ceiling is critical; 0: off
	// Statfs is unix.Statfs but in tests.
	Statfs func(path string, buf *unix.Statfs_t) error
}

// Mount is the probe of one mounted file system.
type Mount struct {
	MountOptions
	levels levels
}

// NewMount makes the probe.
func NewMount(o MountOptions) *Mount { return &Mount{MountOptions: o, levels: make(levels)} }

// Observe asks the file system once. On a hung one it does not return.
func (m *Mount) Observe(context.Context) (probe.Reading, error) {
	var fs unix.Statfs_t
	if err := m.Statfs(m.Path, &fs); err != nil {
		return probe.Reading{}, fmt.Errorf("the file system at %s can't be read: %w; mount it read-only there, or mend WATCHDOG_HOST_MOUNTS", m.Path, err)
	}
	var r probe.Reading
	if fs.Files > 0 { // a file system that makes inodes as it needs them has none to run out of
		r.Observations = append(r.Observations, m.inodes(&fs))
	}
	if m.Ceiling > 0 && fs.Blocks > 0 {
		r.Observations = append(r.Observations, m.ceiling(&fs))
	}
	return r, nil
}

func (m *Mount) inodes(fs *unix.Statfs_t) messages.Observation {
	used := 100 * float64(fs.Files-fs.Ffree) / float64(fs.Files)
	o := messages.Observation{
		Signal: messages.NewKey("host_inodes", m.Label),
		Detail: fmt.Sprintf("%.1f %% of %d inodes used, %d free", used, fs.Files, fs.Ffree),
	}.WithValue(used)
	return m.levels.judge(o, m.Inodes, " %")
}

// ceiling judges used space as df does: of what an unprivileged user may have.
func (m *Mount) ceiling(fs *unix.Statfs_t) messages.Observation {
	block := float64(fs.Bsize)
	taken, free := float64(fs.Blocks-fs.Bfree), float64(fs.Bavail)
	used := 100 * taken / (taken + free)
	o := messages.Observation{
		Signal: messages.NewKey("host_disk_ceiling", m.Label),
		Detail: fmt.Sprintf("%.1f %% of the space used, %s free", used, bytesText(free*block)),
	}.WithValue(used)
	o = m.levels.judge(o, Threshold{Raise: m.Ceiling, Clear: m.Ceiling}, " %")
	if o.Level > messages.OK {
		o.Level = messages.Critical
	}
	return o
}
