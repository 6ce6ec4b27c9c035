package statefile

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// ErrInUse means that another process keeps its state in the file.
var ErrInUse = errors.New("another process keeps its state in this file")

// claim locks the file itself with flock, so that a second process with the same path is
// noticed, and no lock file is needed. Each write makes a new file, so the lock is taken again.
// If the file system has no locks, a second process is not noticed.
func (f *File) claim(target string) error {
	for range 10 { // another process may replace the file in between
		if sameFile(f.held, target) {
			return nil
		}
		held, err := lock(target)
		switch {
		case errors.Is(err, syscall.EWOULDBLOCK):
			return ErrInUse
		case err != nil:
			return nil // no file, no locks, or an error that reading or writing will return
		}
		release(f.held)
		f.held = held
	}
	return ErrInUse
}

// lock opens and locks a file.
func lock(path string) (*os.File, error) {
	if _, err := fileAt(path); err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return file, nil
}

// lockNew locks a new file. It returns nil if that fails.
func lockNew(path string) *os.File {
	file, err := lock(path)
	if err != nil {
		return nil
	}
	return file
}

func release(held *os.File) {
	if held != nil {
		_ = held.Close()
	}
}

// sameFile reports whether the path still names the held file.
func sameFile(held *os.File, path string) bool {
	if held == nil {
		return false
	}
	mine, err := held.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(path)
	return err == nil && os.SameFile(mine, there)
}
