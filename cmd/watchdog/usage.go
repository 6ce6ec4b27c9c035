package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"orchestrator-watchdog/config"
)

func isHelp(arg string) bool { return arg == "-h" || arg == "--help" || arg == "-help" }

// noCommand reports an unknown command.
func noCommand(w world, name string) int {
	var names []string
	for _, c := range commands() {
		names = append(names, c.name)
	}
	said := config.Hint(name, names)
	if said == "" {
		said = "; it is one of " + strings.Join(names, ", ")
	}
	fmt.Fprintf(w.stderr, "watchdog: there is no command %q%s\n", name, said)
	return exitUsage
}

// parse reads the flags of a command, which may stand before or after its
// operands. If done is true, the command ends with the code.
func (c command) parse(w world, define func(*flag.FlagSet), maxOperands int) (operands []string, code int, done bool) {
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	if define != nil {
		define(flags)
	}
	for rest := w.args; ; {
		err := flags.Parse(rest)
		if errors.Is(err, flag.ErrHelp) {
			c.page(w.stdout, flags)
			return nil, exitWell, true
		}
		if err != nil {
			return nil, c.wrongUsage(w, complaint(err, flags)), true
		}
		if flags.NArg() == 0 {
			break
		}
		operands = append(operands, flags.Arg(0))
		rest = flags.Args()[1:]
	}
	if len(operands) > maxOperands {
		return nil, c.wrongUsage(w, fmt.Sprintf("%q is one argument too many", operands[maxOperands])), true
	}
	return operands, 0, false
}

func (c command) wrongUsage(w world, complaint string) int {
	fmt.Fprintf(w.stderr, "watchdog %s: %s (see watchdog help %s)\n", c.name, complaint, c.name)
	return exitUsage
}

// complaint words an error of package flag. For an unknown flag, which has no error type, it adds
// the nearest flag.
func complaint(err error, flags *flag.FlagSet) string {
	name, unknown := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !unknown {
		return err.Error()
	}
	var known []string
	flags.VisitAll(func(f *flag.Flag) { known = append(known, "--"+f.Name) })
	return fmt.Sprintf("there is no flag --%s%s", name, config.Hint("--"+name, known))
}
