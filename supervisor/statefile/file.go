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
)

// MaxSize bounds the text, in bytes, read and written alike: what is written can be
// read again, within the memory that the image is given.
const MaxSize = 32 << 20

// maxLinks bounds how many symbolic links are followed, as the kernel does.
const maxLinks = 40

// Why a file can't be used.
var (
	ErrDamaged = errors.New("it is damaged")
	ErrNoFile  = errors.New("it is no file")
	ErrTooBig  = fmt.Errorf("it is larger than %d bytes", MaxSize)
)

// File is the state file of this process. It is not for concurrent use.
type File struct {
	path string
	held *os.File // the claim
}

// New makes the file of a path, and touches nothing.
func New(path string) *File { return &File{path: path} }

// Path is what the file was made of.
func (f *File) Path() string { return f.path }

// Read claims the file and gives its text. With ErrInUse the text is there all the same.
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

// Write replaces the text.
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

// replace does what renameio.WriteFile does, and claims the new file before it takes
// the name.
func (f *File) replace(target string, text []byte) error {
	// Beside the file, and not where renameio would like to (TMPDIR): nothing is written
	// elsewhere.
	pending, err := renameio.NewPendingFile(target, renameio.WithTempDir(filepath.Dir(target)), renameio.WithStaticPermissions(0o600))
	if err != nil {
		return err
	}
	defer pending.Cleanup() //nolint:errcheck // what it leaves behind is swept at the next start
	held := hold(pending.Name())
	if err := fill(pending, text); err != nil {
		release(held)
		return err
	}
	release(f.held)
	f.held = held
	syncDir(filepath.Dir(target))
	return nil
}

// fill writes, syncs and renames.
func fill(pending *renameio.PendingFile, text []byte) error {
	if _, err := pending.WriteString(checksum(text) + "\n"); err != nil {
		return err
	}
	if _, err := pending.Write(text); err != nil {
		return err
	}
	return pending.CloseAtomicallyReplace()
}

// syncDir makes the new name outlive a loss of power. Some file systems can't: what is
// lost there is the last change, and no more.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}

// SetAside renames a file that can't be used, and gives its new name. Only files are
// moved: a directory may be somebody's, or where a volume is mounted.
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

// sweep removes what writers that were killed left half written. The files of one that
// lives are claimed.
func (f *File) sweep(target string) {
	dir, prefix := filepath.Split(target)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // the next read or write says why
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

// follow gives the file that the path stands for: a symbolic link stays what it is, and
// what it points to is replaced.
func follow(path string) (string, error) {
	for range maxLinks {
		to, err := os.Readlink(path)
		if err != nil {
			return path, nil // no link; if there is nothing at all, the next step says so
		}
		if !filepath.IsAbs(to) {
			to = filepath.Dir(path) + "/" + to
		}
		path = to
	}
	return "", &os.PathError{Op: "readlink", Path: path, Err: syscall.ELOOP}
}

// fileAt gives an error for all but a regular file. Opening something else may hang, or
// worse: a device notices.
func fileAt(path string) (os.FileInfo, error) {
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, fmt.Errorf("%w but a directory", ErrNoFile)
	case !info.Mode().IsRegular():
		return nil, ErrNoFile
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

// maxContent is MaxSize with the checksum: eight digits and the end of the line at the most.
const maxContent = MaxSize + 9

// unseal gives the text, if it is the one that was written with its checksum.
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

// Close gives up the claim, as the end of the process does.
func (f *File) Close() {
	release(f.held)
	f.held = nil
}
