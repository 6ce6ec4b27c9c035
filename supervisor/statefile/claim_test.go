package statefile_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"orchestrator-watchdog/supervisor/statefile"
)

// Only one process writes a file, however often the file is replaced. A second process can read it,
// and takes over when the first is gone.
func TestOneProcessWritesAFile(t *testing.T) {
	path, _ := written(t)
	first, second := statefile.New(path), statefile.New(path)
	defer second.Close()
	_, err := first.Read()
	must(t, err)
	for range 3 {
		if got, err := second.Read(); !errors.Is(err, statefile.ErrInUse) || !bytes.Equal(got, text) {
			t.Errorf("the second reads %q, %v", got, err)
		}
		if err := second.Write([]byte("other")); !errors.Is(err, statefile.ErrInUse) {
			t.Errorf("the second writes: %v", err)
		}
		if _, err := second.SetAside(); !errors.Is(err, statefile.ErrInUse) {
			t.Errorf("the second moves the file: %v", err)
		}
		must(t, first.Write(text))
	}
	first.Close()
	must(t, second.Write([]byte("other")))
	if err := first.Write(text); !errors.Is(err, statefile.ErrInUse) {
		t.Errorf("the first writes again: %v", err)
	}
}

// If there was no file when both processes began, the first to write owns it.
func TestTheFirstToWriteOwnsTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	first, second := statefile.New(path), statefile.New(path)
	defer first.Close()
	for _, f := range []*statefile.File{first, second} {
		if _, err := f.Read(); !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	must(t, first.Write(text))
	if err := second.Write(text); !errors.Is(err, statefile.ErrInUse) || !strings.Contains(second.Remedy(err), "a state file of its own") {
		t.Errorf("got %v", err)
	}
}

// An operator may remove or replace the file while it is in use.
func TestARemovedFileIsWrittenAgain(t *testing.T) {
	path, content := written(t)
	f := statefile.New(path)
	defer f.Close()
	must(t, f.Write(text))
	must(t, os.Remove(path))
	must(t, f.Write(text))
	must(t, os.Remove(path))
	must(t, os.WriteFile(path, content, 0o600))
	must(t, f.Write(text))
}

// Without permissions, the file can't be read, written or moved. The remedy names the user and the
// directory.
func TestMissingPermissions(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("SKIPPED: needs root to change the user")
	}
	path, _ := written(t)
	dir := filepath.Dir(path)
	must(t, os.Chmod(filepath.Dir(dir), 0o711)) // t.TempDir's own
	for dir := range map[string]bool{dir: true, filepath.Dir(dir): true} {
		must(t, os.Chmod(dir, 0o711))
	}
	as(t, 65532, func() {
		f := statefile.New(path)
		if _, err := f.Read(); !errors.Is(err, os.ErrPermission) || !strings.Contains(f.Remedy(err), "chown -R ") || !strings.HasSuffix(f.Remedy(err), dir) {
			t.Errorf("read: %v; to fix: %s", err, f.Remedy(err))
		}
		if err := f.Write(text); !errors.Is(err, os.ErrPermission) {
			t.Errorf("written: %v", err)
		}
		if _, err := f.SetAside(); !errors.Is(err, os.ErrPermission) {
			t.Errorf("set aside: %v", err)
		}
	})
}

// as runs f with the file permissions of another user.
func as(t *testing.T, uid int, f func()) {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		err := syscall.Setfsuid(uid)
		if err == nil {
			f()
		}
		done <- err
	}()
	must(t, <-done)
}
