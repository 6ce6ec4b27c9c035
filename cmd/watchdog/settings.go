package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/supervisor"
	"orchestrator-watchdog/supervisor/assembly"
)

// maxSettingsFile bounds how much of a YAML or secret file is read, in bytes.
const maxSettingsFile = 1<<20 + 1

// load reads the settings of this process.
func load(w world) (*config.Config, []string, error) {
	hostname, err := os.Hostname()
	if err != nil {
		hostname = "unknown"
	}
	return assembly.Load(config.Source{Environ: w.environ, ReadFile: readFile, Hostname: hostname})
}

func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, maxSettingsFile))
}

// loaded is a valid configuration, and the parts built from it.
type loaded struct {
	cfg *config.Config
	supervisor.Change
	warnings []string
}

// loadOrSay reads the settings. If they would keep the daemon from starting, it prints every
// problem, one a line.
func loadOrSay(w world) (l loaded, ok bool) {
	cfg, warnings, err := load(w)
	made, errMade := assembly.Change(cfg, assembly.NewShared(time.Now), zap.NewNop())
	if err := errors.Join(err, errMade); err != nil {
		printProblems(w.stderr, err)
		return loaded{}, false
	}
	return loaded{cfg, made, allWarnings(cfg, made.Settings, warnings)}, true
}

// allWarnings returns the warnings of reading the settings, about replaced files, and about patterns
// that match no signal.
func allWarnings(cfg *config.Config, settings *core.Settings, ofReading []string) []string {
	return slices.Concat(ofReading, replaced(assembly.Files(cfg)), assembly.Unmatched(cfg, settings))
}

// printProblems prints the problems of a configuration, one a line.
func printProblems(out io.Writer, err error) {
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(out, "%s\n", strings.TrimRight(line, "\n"))
	}
}
