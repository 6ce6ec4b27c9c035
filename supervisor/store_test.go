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
)

var settings = &core.Settings{Tick: tick, Defaults: core.Policy{Enabled: true, RaiseTicks: 1, ClearTicks: 1, Cooldown: time.Hour}}

// alarmed is a state in which an alert waits to be told.
func alarmed(at time.Time) core.State {
	s := core.New(settings, at)
	s, _ = core.Step(s, messages.Roster{At: at, Probes: []string{"p"}, Channels: []string{"telegram"}})
	s, _ = core.Step(s, messages.Report{Probe: "p", At: at, Observations: []messages.Observation{{Signal: "dep_down:db", Level: messages.Critical}}})
	return s
}

// What was kept is there after a restart: what was told, and what is still to be.
func TestTheStateIsThereAfterARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	now := time.Now()
	supervisor.NewStore(path, zap.NewNop()).Save(alarmed(now))
	s := supervisor.NewStore(path, zap.NewNop()).Load(settings, now.Add(time.Minute))
	if s == nil || len(s.Outbox("telegram").Items) != 1 || s.Signals()[0].Announced != messages.Critical {
		t.Errorf("got %+v", s)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v (%v)", info, err)
	}
}

// A file that can't be used is set aside with one warning, and the watch begins anew.
func TestAnUnusableFileIsSetAside(t *testing.T) {
	for name, change := range map[string]func(string) string{
		"damaged":        func(s string) string { return strings.Replace(s, "dep_down", "dep_dowm", 1) },
		"cut short":      func(s string) string { return s[:len(s)/2] },
		"empty":          func(string) string { return "" },
		"something else": func(string) string { return "#!/bin/sh\n" },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "state")
			supervisor.NewStore(path, zap.NewNop()).Save(alarmed(time.Now()))
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(change(string(text))), 0o600); err != nil {
				t.Fatal(err)
			}
			zcore, logs := observer.New(zapcore.InfoLevel)
			if s := supervisor.NewStore(path, zap.New(zcore)).Load(settings, time.Now()); s != nil {
				t.Error("it was used")
			}
			if _, err := os.Stat(path + ".unusable"); err != nil || logs.FilterMessage("state_unusable").Len() != 1 {
				t.Errorf("%v, %d warnings", err, logs.Len())
			}
		})
	}
}

// A disk that can't be written is one warning, not one with every change.
func TestAReadOnlyDiskIsOneWarning(t *testing.T) {
	zcore, logs := observer.New(zapcore.InfoLevel)
	s := supervisor.NewStore(filepath.Join(t.TempDir(), "no-such-directory", "state"), zap.New(zcore))
	for range 3 {
		s.Save(alarmed(time.Now()))
	}
	if logs.FilterMessage("state_not_saved").Len() != 1 {
		t.Errorf("%d warnings", logs.Len())
	}
}
