package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"unicode/utf8"

	"orchestrator-watchdog/config"
	"orchestrator-watchdog/messages"
	"strings"
)

var configCommand = command{
	name:  "config",
	usage: "[KEY] [--json]",
	short: "the effective configuration, and where each value came from",
	long: `Prints every effective setting with where it came from: default, file and line, or
environment. Secrets are masked. With the KEY of a signal, as dep_down:db, it prints the
policy that applies to it, part by part.

Exit codes: 0 the configuration is valid, 2 it is not: every problem is printed.`,
	run: runConfig,
}

func runConfig(c command, w world) int {
	var asJSON bool
	operands, code, done := c.parse(w, func(f *flag.FlagSet) {
		f.BoolVar(&asJSON, "json", false, "print JSON")
	}, 1)
	if done {
		return code
	}
	cfg, settings, ok := loadOrSay(w)
	if !ok {
		return exitUsage
	}
	all := cfg.Effective()
	if len(operands) == 1 {
		all = nil
		for _, p := range settings.Explain(messages.Key(operands[0])) {
			all = append(all, config.Setting{Name: p.Name, Value: p.Value, Origin: p.From})
		}
	}
	if asJSON {
		text, err := json.MarshalIndent(all, "", "  ")
		if err != nil {
			fmt.Fprintf(w.stderr, "watchdog config: %v\n", err)
			return exitNotWell
		}
		fmt.Fprintf(w.stdout, "%s\n", text)
		return exitWell
	}
	printSettings(w.stdout, all)
	return exitWell
}

func printSettings(out io.Writer, all []config.Setting) {
	names, values := 0, 0
	for _, s := range all {
		names, values = max(names, len(s.Name)), max(values, min(40, utf8.RuneCountInString(s.Value)))
	}
	for _, s := range all {
		fmt.Fprintf(out, "%-*s  %s%s  (%s)\n", names, s.Name, s.Value, strings.Repeat(" ", max(0, values-utf8.RuneCountInString(s.Value))), s.Origin)
	}
}
