package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

func isHelp(arg string) bool { return arg == "-h" || arg == "--help" || arg == "-help" }

// help prints the overview, or the page of the command that is named.
func help(w world) int {
	if len(w.args) == 0 {
		overview(w.stdout)
		return exitWell
	}
	for _, c := range commands() {
		if c.name == w.args[0] {
			c.page(w.stdout, nil)
			return exitWell
		}
	}
	fmt.Fprintf(w.stderr, "watchdog: there is no command %q; it is one of %s\n", w.args[0], strings.Join(commandNames(), ", "))
	return exitUsage
}

func overview(out io.Writer) {
	fmt.Fprint(out, "watchdog notices when an orchestrator, its host, its containers or its dependencies\nbreak, and tells a Telegram chat.\n\nUsage: watchdog [command] [flags]\n\nCommands:\n")
	for _, c := range commands() {
		fmt.Fprintf(out, "  %-12s %s\n", c.name, c.short)
	}
	fmt.Fprint(out, "\nWithout a command it runs the daemon. Settings come from WATCHDOG_* variables and an\noptional YAML file (WATCHDOG_CONFIG): `watchdog config` shows them all.\n`watchdog help COMMAND` tells more of one.\n\nExit codes: 0 well, 1 what was checked is not well, 2 wrong usage or invalid configuration.\n")
}

// page prints the help of one command, with its flags where there are some.
func (c command) page(out io.Writer, flags *flag.FlagSet) {
	fmt.Fprintf(out, "Usage: %s\n\n%s\n", strings.TrimSpace("watchdog "+c.name+" "+c.usage), strings.TrimSpace(c.long))
	if flags == nil {
		return
	}
	flags.VisitAll(func(f *flag.Flag) {
		fmt.Fprintf(out, "\n  --%-10s %s", f.Name, f.Usage)
	})
	fmt.Fprintln(out)
}

// parse reads the flags of a command, which may stand before and behind its
// operands. done says that the command ends here, with the code.
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
			fmt.Fprintf(w.stderr, "watchdog %s: %v; see watchdog help %s\n", c.name, err, c.name)
			return nil, exitUsage, true
		}
		if flags.NArg() == 0 {
			break
		}
		operands = append(operands, flags.Arg(0))
		rest = flags.Args()[1:]
	}
	if len(operands) > maxOperands {
		fmt.Fprintf(w.stderr, "watchdog %s: %q is one argument too many; see watchdog help %s\n", c.name, operands[maxOperands], c.name)
		return nil, exitUsage, true
	}
	return operands, 0, false
}
