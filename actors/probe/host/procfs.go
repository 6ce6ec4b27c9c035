package host

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// maxProcFile bounds what is read of one file of procfs, in bytes.
const maxProcFile = 1 << 20

// readProc reads a file of the host's procfs.
func readProc(root, name string) ([]byte, error) {
	file, err := os.Open(filepath.Join(root, name))
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return io.ReadAll(io.LimitReader(file, maxProcFile))
}

// cores returns the number of the host's processors in /proc/stat, whatever our cgroup may use.
func cores(root string) (int, error) {
	text, err := readProc(root, "stat")
	if err != nil {
		return 0, err
	}
	n := 0
	for line := range bytes.Lines(text) {
		if bytes.HasPrefix(line, []byte("cpu")) && len(line) > 3 && line[3] >= '0' && line[3] <= '9' {
			n++
		}
	}
	if n == 0 {
		return 0, fmt.Errorf("%s/stat lists no processor", root)
	}
	return n, nil
}

// oomKills returns how many processes the kernel has killed for memory since the boot.
func oomKills(root string) (uint64, error) {
	text, err := readProc(root, "vmstat")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "oom_kill "); ok {
			return strconv.ParseUint(strings.TrimSpace(value), 10, 64)
		}
	}
	return 0, fmt.Errorf("%s/vmstat has no oom_kill (it came with Linux 4.13)", root)
}

// openFiles returns how many files are open on the host, and the limit.
func openFiles(root string) (open, limit uint64, err error) {
	text, err := readProc(root, "sys/fs/file-nr")
	if err != nil {
		return 0, 0, err
	}
	fields := strings.Fields(string(text))
	if len(fields) != 3 {
		return 0, 0, fmt.Errorf("%s/sys/fs/file-nr has %d fields, not 3", root, len(fields))
	}
	if open, err = strconv.ParseUint(fields[0], 10, 64); err != nil {
		return 0, 0, err
	}
	limit, err = strconv.ParseUint(fields[2], 10, 64)
	return open, limit, err
}

// bootID returns the ID of the present boot; empty if it can't be read.
func bootID(root string) string {
	text, err := readProc(root, "sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// Boot returns the ID of the host's present boot, and the time since then.
func Boot(root string) (id string, up time.Duration, err error) {
	text, err := readProc(root, "uptime")
	if err != nil {
		return "", 0, err
	}
	seconds, _, _ := strings.Cut(string(text), " ")
	n, err := strconv.ParseFloat(seconds, 64)
	if err != nil || !(n >= 0 && n <= math.MaxInt32) {
		return "", 0, fmt.Errorf("%s/uptime begins with %.20q, which is not a number of seconds", root, seconds)
	}
	if id = bootID(root); id == "" {
		return "", 0, fmt.Errorf("%s/sys/kernel/random/boot_id can't be read", root)
	}
	return id, time.Duration(n * float64(time.Second)), nil
}

// arcShrinks returns how many bytes the cache of ZFS (the ARC) can give back: its size above its
// minimum, but not more than is evictable, if the module reports that. Without ZFS it returns 0.
func arcShrinks(root string) (uint64, error) {
	text, err := readProc(root, "spl/kstat/zfs/arcstats")
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	figures := make(map[string]uint64)
	for line := range bytes.Lines(text) {
		fields := strings.Fields(string(line)) // name, type, data
		if len(fields) != 3 {
			continue
		}
		if n, err := strconv.ParseUint(fields[2], 10, 64); err == nil {
			figures[fields[0]] = n
		}
	}
	size, least := figures["size"], figures["c_min"]
	if size <= least {
		return 0, nil
	}
	shrinks := size - least
	var evictable uint64
	for _, part := range []string{"mru_evictable_data", "mru_evictable_metadata", "mfu_evictable_data", "mfu_evictable_metadata"} {
		evictable += figures[part]
	}
	if evictable > 0 {
		shrinks = min(shrinks, evictable)
	}
	return shrinks, nil
}
