package statefile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Remedy says what an operator does about an error of the file; empty where nothing but
// waiting helps.
func (f *File) Remedy(err error) string {
	dir := filepath.Dir(f.path)
	for _, m := range []struct {
		cause  error
		remedy string
	}{
		{ErrInUse, "give every watchdog a state file of its own (WATCHDOG_STATE_FILE); after an overlapping restart nothing is to be done"},
		{ErrNoFile, "let WATCHDOG_STATE_FILE name a file within a directory that is mounted as a volume"},
		{ErrDamaged, "if it happens again, look after the disk"},
		{ErrTooBig, "if the watchdog wrote it, report that"},
		{syscall.EBUSY, "mount the directory as a volume, not the file alone: the file is replaced with every write"},
		{syscall.EXDEV, "mount the directory as a volume, not the file alone: the file is replaced with every write"},
		{syscall.ENOSPC, "make room on its disk; it is tried again by itself"},
		{syscall.EDQUOT, "make room on its disk; it is tried again by itself"},
		{syscall.EROFS, fmt.Sprintf("mount a writable volume at %s", dir)},
		{os.ErrPermission, fmt.Sprintf("let the user that the watchdog runs as own it: chown -R %d:%d %s", os.Getuid(), os.Getgid(), dir)},
		{os.ErrNotExist, fmt.Sprintf("make the directory %s, or mount a volume there", dir)},
	} {
		if errors.Is(err, m.cause) {
			return m.remedy
		}
	}
	return ""
}
