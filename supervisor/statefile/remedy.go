package statefile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Remedy returns what an operator can do about an error of the file; "" if there is nothing to do.
func (f *File) Remedy(err error) string {
	dir := filepath.Dir(f.path)
	for _, m := range []struct {
		cause  error
		remedy string
	}{
		{ErrInUse, "give every watchdog a state file of its own (WATCHDOG_STATE_FILE); after an overlapping restart there is nothing to do"},
		{ErrNotRegular, "set WATCHDOG_STATE_FILE to a file within a directory that is mounted as a volume"},
		{ErrDamaged, "if it happens again, check the disk"},
		{ErrTooBig, "if the watchdog wrote it, report this"},
		{syscall.EBUSY, "mount the directory as a volume, not the file itself: every write replaces the file"},
		{syscall.EXDEV, "mount the directory as a volume, not the file itself: every write replaces the file"},
		{syscall.ENOSPC, "make room on its disk; the write is retried by itself"},
		{syscall.EDQUOT, "make room on its disk; the write is retried by itself"},
		{syscall.EROFS, fmt.Sprintf("mount a writable volume at %s", dir)},
		{os.ErrPermission, fmt.Sprintf("give it to the user that the watchdog runs as: chown -R %d:%d %s", os.Getuid(), os.Getgid(), dir)},
		{os.ErrNotExist, fmt.Sprintf("make the directory %s, or mount a volume there", dir)},
	} {
		if errors.Is(err, m.cause) {
			return m.remedy
		}
	}
	return ""
}
