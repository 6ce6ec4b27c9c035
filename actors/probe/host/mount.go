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

// MountOptions are the configuration of a Mount.
type MountOptions struct {
	Label string // name of the mount in signals
	Path  string // our path of the mount, read-only
	// Default says that the mount was not set by name. Then it is not watched if the type of its file
	// system is in unwatched.
	Default bool
	Proc    string // the host's procfs, for its mount table
	Inodes  messages.Threshold
	Ceiling float64 // percent of used space above which host_disk_ceiling is critical; 0: off
	ETA     bool    // observe host_disk_eta
	Now     func() time.Time
	// Statfs and MountID replace statfs(2) and statx(2) in tests; nil otherwise.
	Statfs  func(path string, buf *unix.Statfs_t) error
	MountID func(path string) (int, error)
}

// Mount is the probe of one mounted file system.
type Mount struct {
	MountOptions
	levels   levels
	pace     pace
	known    bool // it could be read before
	id       int  // ID of our mount in our mount table; 0: not known
	writable writability
}

// NewMount creates the probe.
func NewMount(o MountOptions) *Mount {
	if o.Statfs == nil {
		o.Statfs = statfs
	}
	if o.MountID == nil {
		o.MountID = mountID
	}
	return &Mount{MountOptions: o, levels: make(levels)}
}

// Observe reads the file system once. If the file system hangs, it does not return.
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

// room returns the observations of the result of statfs.
func (m *Mount) room(fs *unix.Statfs_t) []messages.Observation {
	var all []messages.Observation
	if fs.Files > 0 { // 0: it creates inodes as needed, and can't run out of them
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

// readonly adds host_readonly or, if the host's mount table can't be read, a note. It returns an
// error if the table could be read before.
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

// leftOut says why a mount that was not set by name is not watched; empty if it is watched.
func (m *Mount) leftOut(at place) string {
	if !m.Default || at.own == nil {
		return ""
	}
	kind := unwatched[at.own.FSType]
	if kind == "" {
		return ""
	}
	return fmt.Sprintf("%s is %s (%s), which is watched only if its mount is set", m.Path, kind, at.own.FSType)
}

// off returns the note that the mount can't be read.
func (m *Mount) off(err error) probe.Note {
	return off("the mount "+m.Label, err, m.advice(), m.signals()...)
}

// leave returns the note that the mount is not watched. Its signals are gone.
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
