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

// loadPatience is how long the start waits for a disk that does not answer (a hung NFS
// server, a dying disk): the watch is worth more than what was told before.
const loadPatience = 5 * time.Second

var errNoAnswer = fmt.Errorf("its disk did not answer within %s", loadPatience)

// Store keeps the core's state in one file, where WATCHDOG_STATE_FILE names one. Whatever
// is wrong with the file or its disk is one warning that says what to do, and never
// stops the watch.
type Store struct {
	file *statefile.File
	log  *zap.Logger
	said bool // that the state is not kept, since it last was
}

// NewStore makes the store of a path.
func NewStore(path string, log *zap.Logger) *Store {
	return &Store{file: statefile.New(path), log: log}
}

// Load gives the state that was kept, or nil where there is none to go on with. A file
// that can't be used is set aside under the name PATH.unusable.
func (s *Store) Load(settings *core.Settings, now time.Time) *core.State {
	text, err := s.read()
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case errors.Is(err, statefile.ErrInUse):
		s.notKept(err) // what is in it is true all the same
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

// read gives the file's text, and waits for it no longer than loadPatience.
func (s *Store) read() ([]byte, error) {
	text, err := within(loadPatience, s.file.Read)
	if errors.Is(err, errNoAnswer) {
		s.file = statefile.New(s.file.Path()) // the other one belongs to the reading that hangs
	}
	return text, err
}

// within gives what f gives, or errNoAnswer where it takes longer.
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
	detail := fmt.Sprintf("the state file %s can't be used, and the watch begins without it (what is still active is told once more): %v", s.file.Path(), cause)
	aside, err := "", cause
	if !errors.Is(cause, errNoAnswer) {
		aside, err = s.file.SetAside()
	}
	if err == nil {
		detail += "; it was set aside as " + aside
	} else {
		s.said = true // the same keeps us from writing
	}
	s.log.Warn("state_unusable", zap.String("detail", detail+s.remedy(cause)))
}

// Save keeps the state, and tells whether it could. That it can't is said once, and so
// is that it can again.
func (s *Store) Save(state core.State) (kept bool) {
	text, err := state.Snapshot()
	if err == nil {
		err = s.file.Write(text)
	}
	if err != nil {
		s.notKept(err)
		return false
	}
	if s.said {
		s.log.Info("state_saved_again", zap.String("detail", "the state is kept in "+s.file.Path()+" again"))
	}
	s.said = false
	return true
}

func (s *Store) notKept(err error) {
	if s.said {
		return
	}
	s.said = true
	s.log.Warn("state_not_saved", zap.String("detail",
		fmt.Sprintf("the state is not kept in %s, and a restart would forget what is told from now on: %v%s", s.file.Path(), err, s.remedy(err))))
}

// remedy says what to do, as the end of a sentence.
func (s *Store) remedy(err error) string {
	remedy := s.file.Remedy(err)
	if errors.Is(err, core.ErrSnapshotVersion) {
		remedy = "the version of the watchdog that wrote it can go on with it"
	}
	if remedy == "" {
		return ""
	}
	return ". To fix: " + remedy
}
