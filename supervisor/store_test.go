package supervisor_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor"
	"orchestrator-watchdog/supervisor/statefile"
)

var settings = &core.Settings{Tick: tick, Defaults: core.Policy{Enabled: true, RaiseTicks: 1, ClearTicks: 1, Cooldown: time.Hour}}

// alarmed returns a state with a pending alert.
func alarmed(at time.Time) core.State {
	s := core.New(settings, at)
	s, _ = core.Step(s, messages.Roster{At: at, Probes: []string{"p"}, Channels: []string{"telegram"}})
	s, _ = core.Step(s, messages.Report{Probe: "p", At: at, Observations: []messages.Observation{{Signal: "dep_down:db", Level: messages.Critical}}})
	return s
}

// aStore returns a store that ends with the test, and its log.
func aStore(t testing.TB, path string) (*supervisor.Store, *observer.ObservedLogs) {
	zcore, logs := observer.New(zapcore.InfoLevel)
	s := supervisor.NewStore(path, zap.New(zcore))
	t.Cleanup(s.End)
	return s, logs
}

// kept returns the path of a state file that a process left behind.
func kept(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "state")
	s := supervisor.NewStore(path, zap.NewNop())
	defer s.End()
	if !s.Save(alarmed(time.Now())) {
		t.Fatal("not saved")
	}
	return path
}

func said(logs *observer.ObservedLogs) string {
	var all strings.Builder
	for _, e := range logs.All() {
		all.WriteString(e.Level.String() + " " + e.Message + ": " + e.ContextMap()["detail"].(string) + "\n")
	}
	return all.String()
}

// After a restart the state is as before: what was told, and what is pending.
func TestTheStateIsThereAfterARestart(t *testing.T) {
	store, logs := aStore(t, kept(t))
	s := store.Load(settings, time.Now().Add(time.Minute))
	if s == nil || len(s.Outbox("telegram").Items) != 1 || s.Signals()[0].Announced != messages.Critical || logs.Len() != 0 {
		t.Errorf("got %+v\n%s", s, said(logs))
	}
}

// An unusable file is one warning that says what was done with the file and what to do. The
// watchdog starts without it, and saves its state again if it can.
func TestAFileThatCantBeUsedIsOneWarning(t *testing.T) {
	rewrite := func(change func(string) string) func(string) error {
		return func(path string) error {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(path, []byte(change(string(text))), 0o600)
		}
	}
	instead := func(put func(string) error) func(string) error {
		return func(path string) error {
			if err := os.Remove(path); err != nil {
				return err
			}
			return put(path)
		}
	}
	for name, c := range map[string]struct {
		spoil func(path string) error
		says  []string
		kept  bool // the state is saved from then on
	}{
		"damaged":        {rewrite(func(s string) string { return strings.Replace(s, "dep_down", "dep_dowm", 1) }), []string{"its checksum is wrong", "set aside as", "check the disk"}, true},
		"cut short":      {rewrite(func(s string) string { return s[:len(s)/2] }), []string{"set aside as", "check the disk"}, true},
		"empty":          {rewrite(func(string) string { return "" }), []string{"cut short", "set aside as"}, true},
		"something else": {rewrite(func(string) string { return "#!/bin/sh\n" }), []string{"damaged", "set aside as"}, true},
		"huge":           {func(p string) error { return os.Truncate(p, 1<<40) }, []string{"larger than", "set aside as"}, true},
		"of the future":  {sealed(`{"version":3,"at":"tomorrow"}`), []string{"another version: 3", "set aside as", "use the version of the watchdog that wrote it"}, true},
		"no snapshot":    {sealed(`[1,2,3]`), []string{"can't be read", "set aside as"}, true},
		"a directory":    {instead(func(p string) error { return os.Mkdir(p, 0o700) }), []string{"but a directory", "within a directory that is mounted"}, false},
		"a loop":         {instead(func(p string) error { return os.Symlink(p, p) }), []string{"symbolic links"}, false},
		"nowhere":        {func(p string) error { return os.RemoveAll(filepath.Dir(p)) }, []string{"make the directory /"}, false},
		"a directory has the name for setting it aside": {func(p string) error {
			if err := os.Truncate(p, 3); err != nil {
				return err
			}
			return os.MkdirAll(p+".unusable/x", 0o700)
		}, []string{"cut short", "can't be used"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			path := kept(t)
			if err := c.spoil(path); err != nil {
				t.Fatal(err)
			}
			store, logs := aStore(t, path)
			if s := store.Load(settings, time.Now()); s != nil {
				t.Error("the file was used")
			}
			for range 3 {
				if store.Save(alarmed(time.Now())) != c.kept {
					t.Errorf("the state is saved: %t", !c.kept)
				}
			}
			warnings := logs.FilterLevelExact(zapcore.WarnLevel)
			if warnings.Len() != 1 {
				t.Errorf("%d warnings, want 1", warnings.Len())
			}
			for _, part := range append(c.says, path) {
				if !strings.Contains(said(warnings), part) {
					t.Errorf("no %q in: %s", part, said(warnings))
				}
			}
			store.End()
			if again, _ := aStore(t, path); c.kept && again.Load(settings, time.Now()) == nil {
				t.Error("the file that was saved afterwards can't be used either")
			}
		})
	}
}

// sealed writes a snapshot into the file, with a valid checksum.
func sealed(snapshot string) func(string) error {
	return func(path string) error {
		f := statefile.New(path)
		defer f.Close()
		return f.Write([]byte(snapshot))
	}
}

// A disk that can't be written is one warning, not one for every change. When it works again, that
// is one line too.
func TestADiskThatCantBeWrittenIsOneWarning(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "volume")
	store, logs := aStore(t, filepath.Join(dir, "state"))
	for round := range 2 {
		for range 3 {
			if store.Save(alarmed(time.Now())) {
				t.Error("saved without a directory")
			}
		}
		if n := logs.FilterMessage("state_not_saved").Len(); n != round+1 {
			t.Errorf("%d warnings in round %d", n, round)
		}
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if !store.Save(alarmed(time.Now())) {
				t.Error("not saved")
			}
		}
		if n := logs.FilterMessage("state_saved_again").Len(); n != round+1 {
			t.Errorf("state_saved_again was logged %d times in round %d", n, round)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
}

// A second watchdog with the same file logs that at its start, uses the state in the file, and
// writes the file when the first is gone.
func TestTwoWatchdogsWithOneFile(t *testing.T) {
	path := kept(t)
	first, _ := aStore(t, path)
	first.Load(settings, time.Now())
	second, logs := aStore(t, path)
	if s := second.Load(settings, time.Now()); s == nil {
		t.Error("the state in the file was not used")
	}
	for range 3 {
		if second.Save(alarmed(time.Now())) || !first.Save(alarmed(time.Now())) {
			t.Error("the first watchdog does not own the file")
		}
	}
	if text := said(logs); strings.Count(text, "\n") != 1 || !strings.Contains(text, "another process keeps its state in this file") {
		t.Errorf("the log says:\n%s", text)
	}
	first.End()
	if !second.Save(alarmed(time.Now())) || logs.FilterMessage("state_saved_again").Len() != 1 {
		t.Errorf("the second does not take over:\n%s", said(logs))
	}
}
