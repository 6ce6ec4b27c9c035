// Command watchdog watches one orchestrator, its host, its containers and its
// dependencies, and tells a Telegram chat when something breaks and when it recovers.
package main

import (
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

// world is the part of the process that a command may use.
type world struct {
	args    []string // after the command's name
	environ []string
	stdin   io.Reader
	stdout  io.Writer
	stderr  io.Writer
}

// command is one row of the table of commands.
type command struct {
	name     string
	usage    string    // arguments and flags, after the name
	short    string    // one line
	long     string    // what it does; empty lines separate paragraphs
	settings []string  // the most important variables
	exits    [3]string // the meaning of each exit code; empty: not used
	examples []example
	run      func(command, world) int
}

// example is a shell command and what it shows.
type example struct{ shows, line string }

// commands lists all commands in the order of help.
func commands() []command {
	return []command{
		runCommand, checkCommand, configCommand, healthcheckCommand, notifyTestCommand, replayCommand, statusCommand, ackCommand, silenceCommand, silencesCommand, unsilenceCommand, chartCommand, reloadCommand, discoverCommand, demoCommand, versionCommand, helpCommand(),
	}
}

func main() {
	os.Exit(dispatch(world{args: os.Args[1:], environ: os.Environ(), stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}))
}

// dispatch runs the command that the arguments name; without a name, the daemon.
func dispatch(w world) int {
	name := runCommand.name
	switch {
	case len(w.args) == 0:
	case isHelp(w.args[0]):
		name, w.args = "help", w.args[1:]
	case w.args[0] == "--version":
		name, w.args = versionCommand.name, w.args[1:]
	case !strings.HasPrefix(w.args[0], "-"):
		name, w.args = w.args[0], w.args[1:]
	}
	c, ok := commandNamed(name)
	if !ok {
		return noCommand(w, name)
	}
	return c.run(c, w)
}

func commandNamed(name string) (command, bool) {
	for _, c := range commands() {
		if c.name == name {
			return c, true
		}
	}
	return command{}, false
}
