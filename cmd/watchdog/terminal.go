package main

import (
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"orchestrator-watchdog/cmd/watchdog/internal/check"
)

// screenOf tells whether an output is a terminal, and what fits there. Colours are for
// terminals alone, and not where NO_COLOR is set (no-color.org) or the terminal is dumb.
func screenOf(out io.Writer, environ []string) (s check.Screen, terminal bool) {
	file, ok := out.(*os.File)
	if !ok {
		return s, false
	}
	fd := int(file.Fd())
	if _, err := unix.IoctlGetTermios(fd, unix.TCGETS); err != nil {
		return s, false
	}
	if size, err := unix.IoctlGetWinsize(fd, unix.TIOCGWINSZ); err == nil {
		s.Width = int(size.Col)
	}
	s.Colour = variable(environ, "NO_COLOR") == "" && variable(environ, "TERM") != "dumb"
	return s, true
}

// variable is the value of an environment variable; of several the last one counts.
func variable(environ []string, name string) string {
	value := ""
	for _, pair := range environ {
		if v, is := strings.CutPrefix(pair, name+"="); is {
			value = v
		}
	}
	return value
}
