package supervisor

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"strconv"
	"time"

	"github.com/google/renameio/v2"
	"go.uber.org/zap"

	"orchestrator-watchdog/actors/core"
)

// maxSnapshot bounds what is read of a state file.
const maxSnapshot = 64 << 20

// Store keeps the core's state in one file, where WATCHDOG_STATE_FILE names one: a line
// with a checksum, and the snapshot. Whatever is wrong with the file or its disk is
// one warning, and never stops the watch.
type Store struct {
	path   string
	log    *zap.Logger
	failed bool // the last write failed, and that was said
}

// NewStore makes the store of a path.
func NewStore(path string, log *zap.Logger) *Store { return &Store{path: path, log: log} }

// Load gives the state that was kept, or nil where there is none to go on with. A file
// that can't be used is set aside under the name PATH.unusable.
func (s *Store) Load(settings *core.Settings, now time.Time) *core.State {
	text, err := readBounded(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var state core.State
	if err == nil {
		state, err = decode(text, settings, now)
	}
	if err == nil {
		return &state
	}
	aside := s.path + ".unusable"
	detail := fmt.Sprintf("the state file %s can't be used, and the watch begins without it: %v", s.path, err)
	if err := os.Rename(s.path, aside); err == nil {
		detail += "; it was set aside as " + aside
	}
	s.log.Warn("state_unusable", zap.String("detail", detail))
	return nil
}

func decode(text []byte, settings *core.Settings, now time.Time) (core.State, error) {
	sum, snapshot, ok := bytes.Cut(text, []byte("\n"))
	if !ok {
		return core.State{}, errors.New("it is cut short")
	}
	if want := checksum(snapshot); string(sum) != want {
		return core.State{}, errors.New("its checksum is wrong: it is damaged")
	}
	return core.Restore(snapshot, settings, now)
}

// Save keeps the state: written beside the file, synced and renamed, so that a kill at
// any moment leaves the former one or this. A failure is said once, and so is its end.
func (s *Store) Save(state core.State) {
	snapshot, err := state.Snapshot()
	if err == nil {
		err = renameio.WriteFile(s.path, append([]byte(checksum(snapshot)+"\n"), snapshot...), 0o600)
	}
	switch {
	case err != nil && !s.failed:
		s.log.Warn("state_not_saved", zap.String("detail", "a restart would forget what was told since: "+err.Error()))
	case err == nil && s.failed:
		s.log.Info("state_saved_again")
	}
	s.failed = err != nil
}

func checksum(snapshot []byte) string {
	return strconv.FormatUint(uint64(crc32.ChecksumIEEE(snapshot)), 16)
}

func readBounded(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxSnapshot+1))
	if err == nil && len(text) > maxSnapshot {
		err = fmt.Errorf("it is larger than %d bytes", maxSnapshot)
	}
	return text, err
}
