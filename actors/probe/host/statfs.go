package host

import (
	"errors"

	"golang.org/x/sys/unix"
)

// statfs calls statfs(2). It retries, since a signal may interrupt it on some file systems.
func statfs(path string, buf *unix.Statfs_t) error {
	for {
		if err := unix.Statfs(path, buf); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// mountID returns the ID, in our own mount table, of the mount that contains a path. It needs Linux
// 5.8.
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
