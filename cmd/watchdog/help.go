package main

import (
	"flag"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"orchestrator-watchdog/cmd/watchdog/internal/terminal"
	"orchestrator-watchdog/supervisor/assembly"
)

// helpCommand is a function to avoid an initialization cycle: it reads the table that contains it.
func helpCommand() command {
	return command{
		name:  "help",
		usage: "[COMMAND]",
		short: "lists the commands, or explains one of them",
		long:  "Lists the commands, or shows the help of COMMAND, like watchdog COMMAND --help.",
		exits: [3]string{exitWell: "shown", exitUsage: "there is no such command"},
		run:   runHelp,
	}
}

func runHelp(c command, w world) int {
	operands, code, done := c.parse(w, nil, 1)
	if done {
		return code
	}
	if len(operands) == 0 {
		overview(w.stdout)
		return exitWell
	}
	asked, ok := commandNamed(operands[0])
	if !ok {
		return noCommand(w, operands[0])
	}
	w.args = []string{"--help"} // only the command knows its flags
	return asked.run(asked, w)
}

// pageWidth is the width of help pages, in columns.
const pageWidth = 80

func overview(out io.Writer) {
	paragraph(out, "watchdog notices when an orchestrator, its host, its containers or its dependencies break, and tells a Telegram chat.")
	fmt.Fprint(out, "\nUsage:\n  watchdog [command] [flags]\n\nCommands:\n")
	var rows [][2]string
	for _, c := range commands() {
		rows = append(rows, [2]string{c.name, c.short})
	}
	columns(out, rows)
	fmt.Fprintln(out)
	paragraph(out, "Without a command it runs the daemon. Settings come from WATCHDOG_* variables and an optional YAML file (WATCHDOG_CONFIG): "+
		"watchdog config shows them all. watchdog help COMMAND explains a command.")
	fmt.Fprint(out, "\nExit codes:\n")
	columns(out, [][2]string{{"0", "well"}, {"1", "what was checked is not well"}, {"2", "wrong usage, or an invalid configuration: every problem is one line"}})
}

// page prints the help of the command.
func (c command) page(out io.Writer, flags *flag.FlagSet) {
	fmt.Fprintf(out, "watchdog %s - %s\n\nUsage:\n  %s\n", c.name, c.short, strings.TrimSpace("watchdog "+c.name+" "+c.usage))
	for text := range strings.SplitSeq(c.long, "\n\n") {
		fmt.Fprintln(out)
		paragraph(out, text)
	}
	section(out, "Flags", flagRows(flags))
	section(out, "Settings", settingRows(c.settings))
	var codes [][2]string
	for code, means := range c.exits {
		if means != "" {
			codes = append(codes, [2]string{fmt.Sprint(code), means})
		}
	}
	section(out, "Exit codes", codes)
	for i, e := range c.examples {
		if i == 0 {
			fmt.Fprint(out, "\nExamples:\n")
		}
		fmt.Fprintf(out, "  # %s\n  %s\n", e.shows, e.line)
	}
}

func flagRows(flags *flag.FlagSet) (rows [][2]string) {
	flags.VisitAll(func(f *flag.Flag) {
		operand, means := flag.UnquoteUsage(f)
		rows = append(rows, [2]string{strings.TrimSpace("--" + f.Name + " " + operand), means})
	})
	return rows
}

func settingRows(names []string) (rows [][2]string) {
	for _, name := range names {
		means, preset := assembly.Kinds.About(name)
		if preset != "" {
			means += " (default: " + preset + ")"
		}
		rows = append(rows, [2]string{name, means})
	}
	return rows
}

func section(out io.Writer, title string, rows [][2]string) {
	if len(rows) > 0 {
		fmt.Fprintf(out, "\n%s:\n", title)
		columns(out, rows)
	}
}

// columns prints names and, in a second column, their meanings.
func columns(out io.Writer, rows [][2]string) {
	width := 0
	for _, row := range rows {
		width = max(width, utf8.RuneCountInString(row[0]))
	}
	for _, row := range rows {
		name := row[0]
		for _, line := range terminal.Wrap(row[1], pageWidth-width-4) {
			fmt.Fprintf(out, "  %-*s  %s\n", width, name, line)
			name = ""
		}
	}
}

func paragraph(out io.Writer, text string) {
	for _, line := range terminal.Wrap(strings.Join(strings.Fields(text), " "), pageWidth) {
		fmt.Fprintln(out, line)
	}
}
