package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/supervisor"
)

// maxSettingsFile bounds what is read of a YAML or secret file.
const maxSettingsFile = 1<<20 + 1

// load reads the settings of this process.
func load(w world) (*config.Config, []string, error) {
	hostname, err := os.Hostname()
	if err != nil {
		hostname = "unknown"
	}
	return config.Load(config.Source{Environ: w.environ, ReadFile: readFile, Hostname: hostname})
}

func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, maxSettingsFile))
}

// loadOrSay reads the settings and makes the core's of them, or prints every problem,
// one a line.
func loadOrSay(w world) (*config.Config, *core.Settings, bool) {
	cfg, _, err := load(w)
	var settings *core.Settings
	if err == nil {
		settings, err = supervisor.CoreSettings(cfg)
	}
	if err != nil {
		say(w.stderr, err)
		return cfg, nil, false
	}
	return cfg, settings, true
}

// say prints the problems of a configuration, one a line.
func say(out io.Writer, err error) {
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(out, "%s\n", strings.TrimRight(line, "\n"))
	}
}
