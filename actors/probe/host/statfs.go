package host

import (
	"errors"

	"golang.org/x/sys/unix"
)

// statfs is the kernel's; a signal may interrupt it on some file systems.
func statfs(path string, buf *unix.Statfs_t) error {
	for {
		if err := unix.Statfs(path, buf); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// mountID gives the number that our own mount table has for the mount that a path is
// on, however it was reached (Linux 5.8).
func mountID(path string) (int, error) {
	var stat unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, path, unix.AT_STATX_DONT_SYNC, unix.STATX_MNT_ID, &stat); err != nil {
		return 0, err
	}
	if stat.Mask&unix.STATX_MNT_ID == 0 {
		return 0, errors.ErrUnsupported
	}
	return int(stat.Mnt_id), nil
}
