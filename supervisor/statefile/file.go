package statefile

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/google/renameio/v2"

	"orchestrator-watchdog/config/field"
)

// MaxSize is the length of the longest text in bytes. The limit holds for reading and writing, and
// keeps the memory within that of the image.
const MaxSize = 32 << 20

// maxLinks is how many symbolic links are followed, as in the kernel.
const maxLinks = 40

// Reasons why a file can't be used.
var (
	ErrDamaged    = errors.New("it is damaged")
	ErrNotRegular = errors.New("it is not a regular file")
	ErrTooBig     = fmt.Errorf("it is larger than %d bytes", MaxSize)
)

// Settings are the settings of the file.
type Settings struct {
	Path string // empty: no file
}

// Fields implements field.Declared.
func (s *Settings) Fields() []field.Field {
	return []field.Field{field.Of("state_file", &s.Path, absolutePath).By("WATCHDOG_STATE_FILE").With(field.About{Example: "/var/lib/watchdog/state", Restart: true, Doc: "opt-in: snapshot of what was told and is still to tell; empty: nothing is ever written"})}
}

func absolutePath(s string) (string, error) {
	if !filepath.IsAbs(s) {
		return "", fmt.Errorf("%q is not an absolute path", s)
	}
	return s, nil
}

// File is the state file of this process. It is not for concurrent use.
type File struct {
	path string
	held *os.File // the locked file; nil: none
}

// New returns the File for a path. It does not access the file.
func New(path string) *File { return &File{path: path} }

// Path returns the path given to New.
func (f *File) Path() string { return f.path }

// Read claims the file and returns its text. With ErrInUse it returns the text as well.
func (f *File) Read() ([]byte, error) {
	target, err := follow(f.path)
	if err != nil {
		return nil, err
	}
	claimed := f.claim(target)
	if claimed == nil {
		f.sweep(target)
	}
	content, err := readFile(target)
	if err != nil {
		return nil, err
	}
	text, err := unseal(content)
	if err != nil {
		return nil, err
	}
	return text, claimed
}

// Write claims the file and replaces its text.
func (f *File) Write(text []byte) error {
	if len(text) > MaxSize {
		return fmt.Errorf("%w: %d", ErrTooBig, len(text))
	}
	target, err := follow(f.path)
	if err != nil {
		return err
	}
	if _, err := fileAt(target); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := f.claim(target); err != nil {
		return err
	}
	return f.replace(target, text)
}

// replace does the same as renameio.WriteFile, but locks the new file before the rename.
func (f *File) replace(target string, text []byte) error {
	// The temporary file must be in the same directory: renameio prefers TMPDIR, but nothing may
	// be written elsewhere.
	pending, err := renameio.NewPendingFile(target, renameio.WithTempDir(filepath.Dir(target)), renameio.WithStaticPermissions(0o600))
	if err != nil {
		return err
	}
	defer pending.Cleanup() //nolint:errcheck // the next start sweeps what is left behind
	held := lockNew(pending.Name())
	if err := writeAndRename(pending, text); err != nil {
		release(held)
		return err
	}
	release(f.held)
	f.held = held
	syncDir(filepath.Dir(target))
	return nil
}

// writeAndRename writes, syncs and renames.
func writeAndRename(pending *renameio.PendingFile, text []byte) error {
	if _, err := pending.WriteString(checksum(text) + "\n"); err != nil {
		return err
	}
	if _, err := pending.Write(text); err != nil {
		return err
	}
	return pending.CloseAtomicallyReplace()
}

// syncDir syncs the directory, so that the rename survives a loss of power. Errors are ignored: on
// file systems that can't do it, only the last change may be lost.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}

// SetAside renames an unusable file and returns its new name. It moves only regular files: a
// directory may belong to somebody, or be the mount point of a volume.
func (f *File) SetAside() (string, error) {
	target, err := follow(f.path)
	if err != nil {
		return "", err
	}
	if _, err := fileAt(target); err != nil {
		return "", err
	}
	if err := f.claim(target); err != nil {
		return "", err
	}
	aside := target + ".unusable"
	return aside, os.Rename(target, aside)
}

// sweep removes the temporary files of killed writers. Those of running writers are locked.
func (f *File) sweep(target string) {
	dir, prefix := filepath.Split(target)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // the next read or write returns the reason
	}
	for _, e := range entries {
		random, ours := bytes.CutPrefix([]byte(e.Name()), []byte("."+prefix))
		if _, err := strconv.ParseUint(string(random), 10, 64); !ours || err != nil || !e.Type().IsRegular() {
			continue
		}
		left := dir + e.Name()
		if held, err := lock(left); err == nil {
			_ = os.Remove(left)
			release(held)
		}
	}
}

// follow resolves symbolic links, so that Write replaces the target of a link and not the link.
func follow(path string) (string, error) {
	for range maxLinks {
		to, err := os.Readlink(path)
		if err != nil {
			return path, nil // not a link, or no file, which the next step notices
		}
		if !filepath.IsAbs(to) {
			to = filepath.Dir(path) + "/" + to
		}
		path = to
	}
	return "", &os.PathError{Op: "readlink", Path: path, Err: syscall.ELOOP}
}

// fileAt returns an error for everything but a regular file. Opening another kind of file may
// hang, or affect a device.
func fileAt(path string) (os.FileInfo, error) {
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, fmt.Errorf("%w but a directory", ErrNotRegular)
	case !info.Mode().IsRegular():
		return nil, ErrNotRegular
	}
	return info, nil
}

func readFile(path string) ([]byte, error) {
	info, err := fileAt(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxContent {
		return nil, ErrTooBig
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content := bytes.NewBuffer(make([]byte, 0, info.Size()+bytes.MinRead))
	_, err = content.ReadFrom(io.LimitReader(file, maxContent))
	return content.Bytes(), err
}

// maxContent is MaxSize and a checksum of at most eight digits with its newline.
const maxContent = MaxSize + 9

// unseal returns the text of a file's content if the checksum is right.
func unseal(content []byte) ([]byte, error) {
	sum, text, ok := bytes.Cut(content, []byte("\n"))
	if !ok {
		return nil, fmt.Errorf("%w: it is cut short", ErrDamaged)
	}
	if string(sum) != checksum(text) {
		return nil, fmt.Errorf("%w: its checksum is wrong", ErrDamaged)
	}
	return text, nil
}

func checksum(text []byte) string {
	return strconv.FormatUint(uint64(crc32.ChecksumIEEE(text)), 16)
}

// Close releases the lock, as the end of the process does.
func (f *File) Close() {
	release(f.held)
	f.held = nil
}
