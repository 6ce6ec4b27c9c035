package host

import (
	"fmt"

	"golang.org/x/sys/unix"

	"orchestrator-watchdog/messages"
)

// DefaultInodes is the default threshold for used inodes, in percent.
var DefaultInodes = messages.LimitOf("host_inodes")

// ceilingBand is how far below the ceiling the used space must fall to clear, in percentage points.
const ceilingBand = 1

// space is the space of a file system, in bytes.
type space struct {
	taken uint64
	free  uint64 // available to unprivileged users
	total uint64
}

func spaceOf(fs *unix.Statfs_t) space {
	block := uint64(max(fs.Bsize, 0))
	if fs.Frsize > 0 { // the unit of the counts, if it differs
		block = uint64(fs.Frsize)
	}
	return space{
		taken: (fs.Blocks - min(fs.Bfree, fs.Blocks)) * block,
		free:  fs.Bavail * block,
		total: fs.Blocks * block,
	}
}

func (m *Mount) inodes(fs *unix.Statfs_t) messages.Observation {
	free := min(fs.Ffree, fs.Files)
	used := percent(fs.Files-free, fs.Files)
	o := messages.Observation{
		Signal: messages.NewKey("host_inodes", m.Label),
		Detail: fmt.Sprintf("%.1f %% of %d inodes used, %d free", used, fs.Files, free),
	}.WithValue(used)
	o = m.levels.judge(o, m.Inodes, " %")
	if o.Level > messages.OK {
		o.Detail += fmt.Sprintf("; many small files: du --inodes -x -d 2 %s | sort -n on the host", m.Label)
	}
	return o
}

// ceiling observes host_disk_ceiling. Like df, it computes the percentage from the space that
// unprivileged users can have.
func (m *Mount) ceiling(s space) messages.Observation {
	used := percent(s.taken, s.taken+s.free)
	o := messages.Observation{
		Signal: messages.NewKey("host_disk_ceiling", m.Label),
		Detail: fmt.Sprintf("%.1f %% of %s used, %s free", used, bytesText(float64(s.total)), bytesText(float64(s.free))),
	}.WithValue(used)
	return m.levels.judge(o, messages.Threshold{Raise: m.Ceiling, Clear: m.Ceiling - ceilingBand, RaiseCritical: m.Ceiling}, " %")
}
