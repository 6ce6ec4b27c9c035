package statefile_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"orchestrator-watchdog/supervisor/statefile"
)

var text = []byte(`{"version":1,"signals":[{"key":"dep_down:db","hard":"critical"}],"channels":[{"name":"telegram"}]}`)

// written writes a file with the text, and returns its path and content.
func written(t *testing.T) (path string, content []byte) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "state")
	f := statefile.New(path)
	defer f.Close()
	must(t, f.Write(text))
	content, err := os.ReadFile(path)
	must(t, err)
	return path, content
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// read reads the file as another process would.
func read(path string) ([]byte, error) {
	f := statefile.New(path)
	defer f.Close()
	return f.Read()
}

func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

// Write writes the text into a file for its owner only, and leaves nothing else behind: not beside
// it, and not in TMPDIR.
func TestWriteWritesOneFile(t *testing.T) {
	elsewhere := t.TempDir()
	t.Setenv("TMPDIR", elsewhere)
	long := time.Now().Add(-time.Hour)
	must(t, os.Chtimes(elsewhere, long, long))
	path, _ := written(t)
	got, err := read(path)
	if err != nil || !bytes.Equal(got, text) {
		t.Errorf("read %q, %v", got, err)
	}
	info, err := os.Stat(path)
	must(t, err)
	if info.Mode() != 0o600 || names(t, filepath.Dir(path)) != "state" {
		t.Errorf("mode %s, and the directory holds %s", info.Mode(), names(t, filepath.Dir(path)))
	}
	if info, err := os.Stat(elsewhere); err != nil || info.ModTime().After(long.Add(time.Minute)) {
		t.Errorf("something was written to TMPDIR: %v %v", info.ModTime(), err)
	}
}

// Every flipped bit and every wrong length is noticed.
func TestEveryDamageIsNoticed(t *testing.T) {
	path, content := written(t)
	damaged := func(what string, at int, content []byte) {
		must(t, os.WriteFile(path, content, 0o600))
		if got, err := read(path); !errors.Is(err, statefile.ErrDamaged) || got != nil {
			t.Errorf("%s %d: read %q, %v", what, at, got, err)
		}
	}
	for i := range 8 * len(content) {
		flipped := bytes.Clone(content)
		flipped[i/8] ^= 1 << (i % 8)
		damaged("flipped bit", i, flipped)
	}
	for n := range content {
		damaged("cut to length", n, content[:n])
	}
	damaged("longer by a byte:", 1, append(bytes.Clone(content), 0))
	damaged("garbage of length", 1<<20, bytes.Repeat([]byte("garbage\n"), 1<<17))
}

// A file over MaxSize is neither read nor written.
func TestAHugeFileIsNotRead(t *testing.T) {
	path, _ := written(t)
	must(t, os.Truncate(path, 1<<40))
	if _, err := read(path); !errors.Is(err, statefile.ErrTooBig) {
		t.Errorf("got %v", err)
	}
	f := statefile.New(path)
	defer f.Close()
	if err := f.Write(make([]byte, statefile.MaxSize+1)); !errors.Is(err, statefile.ErrTooBig) {
		t.Errorf("a text that is too long to be read again was written: %v", err)
	}
	must(t, f.Write(make([]byte, statefile.MaxSize)))
	if got, err := f.Read(); err != nil || len(got) != statefile.MaxSize {
		t.Errorf("read %d bytes, %v", len(got), err)
	}
}

// Anything but a regular file is left alone: not opened, which might hang, and not moved or replaced.
func TestOtherKindsOfFilesAreLeftAlone(t *testing.T) {
	for what, put := range map[string]func(path string) error{
		"a directory": func(p string) error { return os.Mkdir(p, 0o700) },
		"a pipe":      func(p string) error { return syscall.Mkfifo(p, 0o600) },
		"a loop":      func(p string) error { return os.Symlink(p, p) },
	} {
		t.Run(what, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "state")
			must(t, put(path))
			before, err := os.Lstat(path)
			must(t, err)
			f := statefile.New(path)
			_, errRead := f.Read()
			_, errAside := f.SetAside()
			if errWrite := f.Write(text); errRead == nil || errAside == nil || errWrite == nil {
				t.Errorf("read: %v, set aside: %v, written: %v", errRead, errAside, errWrite)
			}
			if after, err := os.Lstat(path); err != nil || !os.SameFile(before, after) {
				t.Errorf("the file was replaced: %v", err)
			}
		})
	}
}

// A symbolic link stays. Its target is created, replaced and set aside.
func TestASymbolicLinkStays(t *testing.T) {
	dir := t.TempDir()
	volume, path := filepath.Join(dir, "volume"), filepath.Join(dir, "state")
	must(t, os.Mkdir(volume, 0o700))
	must(t, os.Symlink("volume/real", path))
	f := statefile.New(path)
	defer f.Close()
	if _, err := f.Read(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	must(t, f.Write(text))
	must(t, f.Write(text))
	if names(t, volume) != "real" || names(t, dir) != "state volume" {
		t.Errorf("the directories hold %s, and %s", names(t, dir), names(t, volume))
	}
	if aside, err := f.SetAside(); err != nil || aside != filepath.Join(volume, "real.unusable") {
		t.Errorf("set aside as %s, %v", aside, err)
	}
	if to, err := os.Readlink(path); err != nil || to != "volume/real" {
		t.Errorf("the link now points to %s, %v", to, err)
	}
}

// The next start removes the temporary files of a killed writer. It keeps files with similar names,
// and files that another process is writing.
func TestTheFilesOfAKilledWriterAreRemoved(t *testing.T) {
	path, _ := written(t)
	dir := filepath.Dir(path)
	for _, name := range []string{".state8446744073709551615", ".state7", ".state1x", ".state", "state7", ".state2.swp"} {
		must(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	live := statefile.New(filepath.Join(dir, ".state99"))
	must(t, live.Write(text))
	_, err := read(path)
	must(t, err)
	if got := names(t, dir); got != ".state .state1x .state2.swp .state99 state state7" {
		t.Errorf("the directory holds %s", got)
	}
	live.Close()
}

// On a full or read-only disk a write fails with a remedy, and the former text stays readable. Write
// works again after there is room.
func TestAFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("SKIPPED: needs the right to mount a tmpfs: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	f := statefile.New(filepath.Join(dir, "state"))
	defer f.Close()
	must(t, f.Write(text))
	ballast := filepath.Join(dir, "ballast")
	must(t, os.WriteFile(ballast, make([]byte, 56<<10), 0o600))
	for range 3 {
		if err := f.Write(bytes.Repeat(text, 80)); !errors.Is(err, syscall.ENOSPC) || !strings.Contains(f.Remedy(err), "make room") {
			t.Fatalf("got %v", err)
		}
	}
	if got, err := f.Read(); err != nil || !bytes.Equal(got, text) || names(t, dir) != "ballast state" {
		t.Errorf("the former text is %q, %v, and the directory holds %s", got, err, names(t, dir))
	}
	must(t, os.Remove(ballast))
	must(t, f.Write(bytes.Repeat(text, 80)))

	must(t, syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	if err := f.Write(text); !errors.Is(err, syscall.EROFS) || !strings.Contains(f.Remedy(err), "mount a writable volume at "+dir) {
		t.Errorf("got %v", err)
	}
	if _, err := f.Read(); err != nil {
		t.Errorf("a read-only file system can't be read: %v", err)
	}
}
