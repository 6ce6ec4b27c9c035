// Command watchdog watches one orchestrator, its host, its containers and its
// dependencies, and tells a Telegram chat when something breaks and when it is well again.
package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// Exit codes, the same for every command.
const (
	exitWell    = 0
	exitNotWell = 1 // what was checked is not well
	exitUsage   = 2 // wrong usage, or an invalid configuration
)

// world is what a command may touch of the process.
type world struct {
	args    []string // behind the command's name
	environ []string
	stdin   io.Reader
	stdout  io.Writer
	stderr  io.Writer
}

// command is one row of the table of commands.
type command struct {
	name  string
	usage string // what stands behind the name
	short string // one line
	long  string // for --help: what it does, what it exits with
	run   func(command, world) int
}

// commands lists all commands, in the order in which help shows them. It is a function
// because help, which is one of them, reads it.
func commands() []command {
	return []command{runCommand, checkCommand, configCommand, healthcheckCommand, notifyTestCommand, replayCommand, demoCommand, versionCommand}
}

func main() {
	os.Exit(dispatch(world{args: os.Args[1:], environ: os.Environ(), stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}))
}

// dispatch runs the command that the arguments name; without one, the daemon.
func dispatch(w world) int {
	if len(w.args) == 0 || (strings.HasPrefix(w.args[0], "-") && !isHelp(w.args[0])) {
		return runCommand.run(runCommand, w)
	}
	name := w.args[0]
	w.args = w.args[1:]
	if isHelp(name) || name == "help" {
		return help(w)
	}
	for _, c := range commands() {
		if c.name == name {
			return c.run(c, w)
		}
	}
	fmt.Fprintf(w.stderr, "watchdog: there is no command %q; it is one of %s\n", name, strings.Join(commandNames(), ", "))
	return exitUsage
}

func commandNames() []string {
	var names []string
	for _, c := range commands() {
		names = append(names, c.name)
	}
	return names
}
