package supervisor

import (
	"errors"
	"fmt"
	"os"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/actors/worker"
	"orchestrator-watchdog/supervisor/statefile"
)

// loadPatience is how long the start waits for a disk that does not answer, such as a hung NFS
// server. Watching is more important than the old state.
const loadPatience = 5 * time.Second

var errNoAnswer = fmt.Errorf("its disk did not answer within %s", loadPatience)

// Store keeps the core's state in the file WATCHDOG_STATE_FILE. An error of the file or its disk is
// logged as one warning with a remedy, and never stops the watchdog.
type Store struct {
	file   *statefile.File
	log    *zap.Logger
	warned bool // the warning about the present error was logged
}

// NewStore returns a store that uses the file at path.
func NewStore(path string, log *zap.Logger) *Store {
	return &Store{file: statefile.New(path), log: log}
}

// Load returns the saved state, or nil if there is none or the file is unusable. An unusable file
// is renamed to PATH.unusable.
func (s *Store) Load(settings *core.Settings, now time.Time) *core.State {
	text, err := s.read()
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case errors.Is(err, statefile.ErrInUse):
		s.warnNotSaved(err) // the text is valid all the same
	case err != nil:
		s.unusable(err)
		return nil
	}
	state, err := core.Restore(text, settings, now)
	if err != nil {
		s.unusable(err)
		return nil
	}
	return &state
}

// read returns the file's text. It waits for at most loadPatience.
func (s *Store) read() ([]byte, error) {
	text, err := within(loadPatience, s.file.Read)
	if errors.Is(err, errNoAnswer) {
		s.file = statefile.New(s.file.Path()) // the hanging read still uses the old one
	}
	return text, err
}

// within returns the result of f, or errNoAnswer if f takes longer than limit.
func within[T any](limit time.Duration, f func() (T, error)) (value T, err error) {
	w := worker.New[T]()
	w.Start(f)
	over := time.NewTimer(limit)
	defer over.Stop()
	select {
	case r := <-w.Done():
		if r.Panic != nil {
			panic(r.Panic)
		}
		return r.Value, r.Err
	case <-over.C:
		return value, errNoAnswer
	}
}

func (s *Store) unusable(cause error) {
	detail := fmt.Sprintf("the state file %s can't be used, and the watchdog starts without it (active troubles are told again): %v", s.file.Path(), cause)
	aside, err := "", cause
	if !errors.Is(cause, errNoAnswer) {
		aside, err = s.file.SetAside()
	}
	if err == nil {
		detail += "; it was set aside as " + aside
	} else {
		s.warned = true // writing will fail for the same reason
	}
	s.log.Warn("state_unusable", zap.String("detail", detail+s.remedy(cause)))
}

// Save writes the state to the file, and reports whether it succeeded. It logs the first failure,
// and the first success after it.
func (s *Store) Save(state core.State) (kept bool) {
	text, err := state.Snapshot()
	if err == nil {
		err = s.file.Write(text)
	}
	if err != nil {
		s.warnNotSaved(err)
		return false
	}
	if s.warned {
		s.log.Info("state_saved_again", zap.String("detail", "the state is saved in "+s.file.Path()+" again"))
	}
	s.warned = false
	return true
}

func (s *Store) warnNotSaved(err error) {
	if s.warned {
		return
	}
	s.warned = true
	s.log.Warn("state_not_saved", zap.String("detail",
		fmt.Sprintf("the state can't be saved in %s, and a restart would forget what is told from now on: %v%s", s.file.Path(), err, s.remedy(err))))
}

// remedy returns what to do about err, as a sentence to append.
func (s *Store) remedy(err error) string {
	remedy := s.file.Remedy(err)
	if errors.Is(err, core.ErrSnapshotVersion) {
		remedy = "use the version of the watchdog that wrote it"
	}
	if remedy == "" {
		return ""
	}
	return ". To fix: " + remedy
}
