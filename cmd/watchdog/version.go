package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by the linker.
var version = "devel"

var versionCommand = command{
	name:  "version",
	short: "prints version, commit and Go version",
	long:  "Prints the version, the commit it was built from, the Go version and the platform; watchdog --version does the same.",
	exits: [3]string{exitWell: "printed", exitUsage: "wrong usage"},
	run: func(c command, w world) int {
		if _, code, done := c.parse(w, nil, 0); done {
			return code
		}
		fmt.Fprintf(w.stdout, "watchdog %s (commit %s, %s, %s/%s)\n", version, commit(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return exitWell
	},
}

// revision is set by the linker if the build does not record it.
var revision string

func commit() string {
	if revision != "" {
		return revision
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(12, len(s.Value))]
		}
	}
	return "unknown"
}
