package statefile

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// ErrInUse says that another process keeps its state in the file.
var ErrInUse = errors.New("another process keeps its state in this file")

// claim makes the file ours: a lock (flock) on the file itself, so that a second process
// that was given the same path by mistake is noticed, and no lock file is written. A new
// file has no lock, so the claim moves with every write. Where the file system knows no
// locks, two processes are not told apart.
func (f *File) claim(target string) error {
	for range 10 { // another process may replace it in between, again and again
		if is(f.held, target) {
			return nil
		}
		held, err := lock(target)
		switch {
		case errors.Is(err, syscall.EWOULDBLOCK):
			return ErrInUse
		case err != nil:
			return nil // nothing there to claim, or no locks; reading and writing say what else is wrong
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

// hold locks a file that nobody else knows, or gives nil where that can't be.
func hold(path string) *os.File {
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

// is tells whether the path still names the file that is held.
func is(held *os.File, path string) bool {
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
