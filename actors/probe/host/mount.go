package host

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/messages"
)

// MountOptions are what a Mount is made of.
type MountOptions struct {
	Label string // names the mount in signals
	Path  string // where it is mounted for us, read-only
	// Default says that nobody named this mount: it is left out where its file system
	// is of a kind that has no room of the host's own.
	Default bool
	Proc    string // the host's procfs, for its mount table
	Inodes  messages.Threshold
	Ceiling float64 // percent of used space above which host_disk_ceiling is critical; 0: off
	ETA     bool    // report host_disk_eta
	Now     func() time.Time
	// Statfs is unix.Statfs and MountID statx(2)'s but in tests; nil stands for these.
	Statfs  func(path string, buf *unix.Statfs_t) error
	MountID func(path string) (int, error)
}

// Mount is the probe of one mounted file system.
type Mount struct {
	MountOptions
	levels   levels
	pace     pace
	known    bool // it could be read once
	id       int  // of our mount, as our mount table has it; 0: not known
	writable writability
}

// NewMount makes the probe.
func NewMount(o MountOptions) *Mount {
	if o.Statfs == nil {
		o.Statfs = statfs
	}
	if o.MountID == nil {
		o.MountID = mountID
	}
	return &Mount{MountOptions: o, levels: make(levels)}
}

// Observe asks the file system once. On a hung one it does not return.
func (m *Mount) Observe(context.Context) (probe.Reading, error) {
	var fs unix.Statfs_t
	statErr := m.Statfs(m.Path, &fs)
	if statErr != nil && !m.known {
		return probe.Reading{Notes: []probe.Note{m.off(fmt.Errorf("the file system at %s can't be read: %w", m.Path, statErr))}}, nil
	}
	if id, err := m.MountID(m.Path); err == nil {
		m.id = id
	}
	at, placeErr := locate(m.Proc, m.id, m.Label)
	if why := m.leftOut(at); why != "" {
		return probe.Reading{Notes: []probe.Note{m.leave(why)}}, nil
	}
	var r probe.Reading
	if statErr == nil {
		m.known = true
		if at.canBeWritten() {
			r.Observations = m.room(&fs)
		}
	} else {
		statErr = fmt.Errorf("the file system at %s: %w", m.Path, statErr)
	}
	placeErr = m.readonly(&r, at, placeErr)
	return r, errors.Join(statErr, placeErr)
}

// room is what statfs says.
func (m *Mount) room(fs *unix.Statfs_t) []messages.Observation {
	var all []messages.Observation
	if fs.Files > 0 { // a file system that makes inodes as it needs them has none to run out of
		all = append(all, m.inodes(fs))
	}
	s := spaceOf(fs)
	if m.Ceiling > 0 && s.taken+s.free > 0 {
		all = append(all, m.ceiling(s))
	}
	if m.ETA {
		all = append(all, m.eta(s))
	}
	return all
}

// readonly adds host_readonly, or a note where the host's mount table can't be had.
// Its error says that the table could be had before.
func (m *Mount) readonly(r *probe.Reading, at place, err error) error {
	switch {
	case err == nil:
		o := m.writable.judge(at)
		o.Signal = messages.NewKey("host_readonly", m.Label)
		r.Observations = append(r.Observations, o)
	case m.writable.known:
		return fmt.Errorf("the host's mount table: %w", err)
	default:
		r.Notes = append(r.Notes, off("host_readonly:"+m.Label, err, mountProc, string(messages.NewKey("host_readonly", m.Label))))
	}
	return nil
}

// leftOut says why a mount that nobody named is not watched; empty: it is.
func (m *Mount) leftOut(at place) string {
	if !m.Default || at.own == nil {
		return ""
	}
	kind := kindOf(at.own.FSType)
	if kind == "" {
		return ""
	}
	return fmt.Sprintf("%s is %s (%s), which is watched only where it is named", m.Path, kind, at.own.FSType)
}

// off notes that nothing of the mount can be read.
func (m *Mount) off(err error) probe.Note {
	return off("the mount "+m.Label, err, m.advice(), m.signals()...)
}

// leave notes that the mount is not for watching: what was known of it is gone.
func (m *Mount) leave(why string) probe.Note {
	n := m.off(errors.New(why))
	n.Event, n.Normal = "signal_off", true
	return n
}

func (m *Mount) signals() []string {
	var keys []string
	for _, kind := range []string{"host_inodes", "host_readonly", "host_disk_ceiling", "host_disk_eta"} {
		keys = append(keys, string(messages.NewKey(kind, m.Label)))
	}
	return keys
}

func (m *Mount) advice() string {
	return "mount a directory of the host's file system read-only (-v /root:/host/root:ro) and name it (WATCHDOG_HOST_MOUNTS=/=/host/root)"
}
