package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/procfs"

	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/messages"
)

// raid observes host_raid for each md array and ZFS pool of the host.
type raid struct {
	proc  string
	known bool // there has been an array or pool
}

// noRaid is the note for a host without arrays and pools.
var noRaid = probe.Note{
	Event: "signal_off", Normal: true, Off: []string{"host_raid"},
	Text: "host_raid: off, as there is no md array and no ZFS pool here; a new one is watched at once",
}

// observe adds the arrays and pools to the reading. It returns an error if they can't be read and
// could be before.
func (m *raid) observe(r *probe.Reading) error {
	arrays, mdErr := arraysOf(m.proc)
	pools, zfsErr := poolsOf(m.proc)
	found := slices.Concat(arrays, pools)
	r.Observations = append(r.Observations, found...)
	err := errors.Join(mdErr, zfsErr)
	switch {
	case err != nil && m.known:
		return fmt.Errorf("host_raid: %w", err)
	case err != nil:
		r.Notes = append(r.Notes, off("host_raid", err, mountProc, "host_raid"))
	case len(found) == 0:
		r.Notes = append(r.Notes, noRaid)
	}
	m.known = m.known || len(found) > 0
	return nil
}

// arraysOf judges the md arrays. Without md there is no mdstat, and no error.
func arraysOf(proc string) ([]messages.Observation, error) {
	text, err := readProc(proc, "mdstat")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	host, err := procfs.NewFS(proc)
	if err != nil {
		return nil, err
	}
	arrays, err := parseArrays(host)
	if err != nil {
		return nil, err
	}
	var all []messages.Observation
	for _, a := range arrays {
		line, next := linesOf(string(text), a.Name)
		if externalMetadata.MatchString(next) {
			continue
		}
		o := judgeArray(a, line)
		o.Signal = messages.NewKey("host_raid", a.Name)
		all = append(all, o)
	}
	return all, nil
}

// parseArrays parses mdstat. The parser panics at some texts that no kernel writes, such as a
// personality of one character; parseArrays returns an error then.
func parseArrays(host procfs.FS) (arrays []procfs.MDStat, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("mdstat can't be parsed: %v", p)
		}
	}()
	return host.MDStat()
}

// externalMetadata matches the second line of an array that is the container of external metadata
// (Intel or DDF). A container is never active, and its volumes are separate arrays.
var externalMetadata = regexp.MustCompile(`super external:[a-z]`)

// linesOf returns the first two lines of an array in mdstat, without the name.
func linesOf(mdstat, name string) (first, second string) {
	_, rest, _ := strings.Cut("\n"+mdstat, "\n"+name+" : ")
	first, rest, _ = strings.Cut(rest, "\n")
	second, _, _ = strings.Cut(rest, "\n")
	return first, second
}

// judgeArray judges an array by its working members. A resync or check is no fault. A failed member
// stays in the list after a spare has replaced it, and is no fault either.
func judgeArray(a procfs.MDStat, line string) messages.Observation {
	state, _, _ := strings.Cut(line, " ")
	missing := a.DisksTotal - a.DisksActive
	if a.Type == "raid0" || a.Type == "linear" { // without redundancy, the kernel counts every member as active
		missing = a.DisksFailed
	}
	switch {
	case state == "inactive", state == "broken":
		return failedArray(fmt.Sprintf("the array is %s: no data of it can be read; mdadm --detail /dev/%s", state, a.Name))
	case missing > 0:
		detail := fmt.Sprintf("degraded: %d of %d members work%s", a.DisksTotal-missing, a.DisksTotal, faulty(a))
		if a.ActivityState != state {
			detail += fmt.Sprintf("; it is %s (%.1f %%)", a.ActivityState, a.BlocksSyncedPct)
		}
		return failedArray(detail + "; mdadm --detail /dev/" + a.Name)
	}
	detail := fmt.Sprintf("%s, %d of %d members work", a.Type, a.DisksActive, a.DisksTotal)
	if a.ActivityState != state {
		detail += fmt.Sprintf("; it is %s (%.1f %%)", a.ActivityState, a.BlocksSyncedPct)
	}
	return messages.Observation{Detail: detail + faulty(a)}
}

func failedArray(detail string) messages.Observation {
	return messages.Observation{Level: messages.Critical, Detail: detail}
}

// faulty returns the names of the failed members as text.
func faulty(a procfs.MDStat) string {
	var names []string
	for _, d := range a.Devices {
		if d.Faulty {
			names = append(names, d.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return ", failed: " + strings.Join(names, ", ")
}

// poolsOf judges the ZFS pools by their state in the kernel module.
func poolsOf(proc string) ([]messages.Observation, error) {
	const folder = "spl/kstat/zfs"
	entries, err := os.ReadDir(filepath.Join(proc, folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []messages.Observation
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		text, err := readProc(proc, filepath.Join(folder, e.Name(), "state"))
		if errors.Is(err, fs.ErrNotExist) {
			continue // the pool was just exported, or the module is older than 0.8
		}
		if err != nil {
			return all, err
		}
		o := messages.Observation{Signal: messages.NewKey("host_raid", e.Name())}
		if state := strings.TrimSpace(string(text)); state == "ONLINE" {
			o.Detail = "the pool is ONLINE"
		} else {
			o.Level, o.Detail = messages.Critical, fmt.Sprintf("the pool is %s: zpool status %s", state, e.Name())
		}
		all = append(all, o)
	}
	return all, nil
}
