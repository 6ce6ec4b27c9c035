package host

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/prometheus/procfs"
)

// place is where a file system is mounted.
type place struct {
	own  *procfs.MountInfo   // in our container; nil: not known
	host []*procfs.MountInfo // on the host, possibly several times
}

// locate finds the mount with an ID in our own mount table, and then the mounts of the same file
// system in the host's table, which is that of process 1. It finds them by device and root, which
// a bind mount into a container shares with its source. If the ID is not known or the host's table
// lacks the device, it takes the label as the path on the host, if it is an absolute path.
func locate(proc string, id int, label string) (place, error) {
	fs, err := procfs.NewFS(proc)
	if err != nil {
		return place{}, err
	}
	var p place
	ours, err := fs.GetMounts()
	if err == nil {
		p.own = withID(ours, id)
	}
	host, err := fs.GetProcMounts(1)
	if err != nil {
		return p, err
	}
	if p.own != nil {
		p.host = sameAs(p.own, host)
	}
	if len(p.host) == 0 && filepath.IsAbs(label) {
		p.host = under(host, label)
	}
	if len(p.host) == 0 {
		return p, errors.New("the mount table of process 1 does not contain it")
	}
	return p, nil
}

func withID(table []*procfs.MountInfo, id int) *procfs.MountInfo {
	for _, m := range table {
		if m.MountID == id {
			return m
		}
	}
	return nil
}

// sameAs returns the mounts of the same file system that contain all that our mount shows: of those
// whose root contains ours, the ones with the deepest root.
func sameAs(own *procfs.MountInfo, table []*procfs.MountInfo) []*procfs.MountInfo {
	var found []*procfs.MountInfo
	for _, m := range table {
		if m.MajorMinorVer != own.MajorMinorVer || !holds(m.Root, own.Root) {
			continue
		}
		if len(found) > 0 && len(m.Root) > len(found[0].Root) {
			found = nil
		}
		if len(found) == 0 || len(m.Root) == len(found[0].Root) {
			found = append(found, m)
		}
	}
	return found
}

// under returns the mount that contains a path of the host: the one with the longest mount point
// and, of several, the last, which covers the others.
func under(table []*procfs.MountInfo, path string) []*procfs.MountInfo {
	path = escape.Replace(filepath.Clean(path))
	var found *procfs.MountInfo
	for _, m := range table {
		if holds(m.MountPoint, path) && (found == nil || len(m.MountPoint) >= len(found.MountPoint)) {
			found = m
		}
	}
	if found == nil {
		return nil
	}
	return []*procfs.MountInfo{found}
}

// holds reports whether dir is path or contains it.
func holds(dir, path string) bool {
	return dir == path || strings.HasPrefix(path, strings.TrimSuffix(dir, "/")+"/")
}

// escape escapes a path as in mount tables: see proc_pid_mountinfo(5).
var escape = strings.NewReplacer(" ", `\040`, "\t", `\011`, "\n", `\012`, `\`, `\134`)

func describe(m *procfs.MountInfo) string {
	return fmt.Sprintf("%s (%s on %s)", m.MountPoint, m.FSType, m.Source)
}
