package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/messages"
)

var configCommand = command{
	name:  "config",
	usage: "[KEY] [--json]",
	short: "prints the effective settings and where each value came from",
	long: `Prints every effective setting and its origin: default, file and line, or environment. The
environment wins over the file, the file over the default. Secrets are masked. It makes no
requests and sends nothing.

With KEY, the key of a signal such as dep_down:db, it prints the policy of that signal, part
by part, what set each part, and which channels are told of the signal and when.

Warnings, such as about an unknown variable, are on standard error. They do not make the
configuration invalid.`,
	settings: []string{"WATCHDOG_CONFIG"},
	exits:    [3]string{exitWell: "the configuration is valid", exitUsage: "it is invalid, and every problem is printed, one a line; or wrong usage"},
	examples: []example{
		{"what differs from the defaults", "watchdog config | grep -v '(default)'"},
		{"why a dependency is told after three failures", "watchdog config dep_down:db"},
	},
	run: runConfig,
}

func runConfig(c command, w world) int {
	var asJSON bool
	operands, code, done := c.parse(w, func(f *flag.FlagSet) {
		f.BoolVar(&asJSON, "json", false, "print JSON: a list of name, value and origin")
	}, 1)
	if done {
		return code
	}
	l, ok := loadOrSay(w)
	if !ok {
		return exitUsage
	}
	all := l.cfg.Effective()
	if len(operands) == 1 {
		key := messages.Key(operands[0])
		if _, ok := messages.KindOf(key); !ok {
			return c.wrongUsage(w, fmt.Sprintf("there is no signal of the kind %q%s", key.Kind(), config.Hint(key.Kind(), kinds())))
		}
		all = append(policyOf(l.Settings, key), channelsOf(l, key)...)
	}
	for _, warning := range l.warnings {
		fmt.Fprintf(w.stderr, "warning: %s\n", warning)
	}
	if asJSON {
		return printSettingsJSON(w, all)
	}
	printSettings(w.stdout, all)
	return exitWell
}

func kinds() (names []string) {
	for _, k := range messages.Kinds {
		names = append(names, k.Name)
	}
	return names
}

// policyOf lists the parts of a signal's policy.
func policyOf(s *core.Settings, key messages.Key) (parts []config.Setting) {
	for _, p := range s.Explain(key) {
		parts = append(parts, config.Setting{Name: p.Name, Value: p.Value, Origin: p.From})
	}
	return parts
}

// channelsOf lists the channels, and when each is told of the signal.
func channelsOf(l loaded, key messages.Key) (parts []config.Setting) {
	for _, part := range l.Channels {
		name := part.Channel.Name()
		value := l.Settings.RouteText(name)
		if !l.Settings.Takes(name, key) {
			value = "never: " + value
		}
		parts = append(parts, config.Setting{Name: "channel " + name, Value: value, Origin: "route"})
	}
	return parts
}

func printSettingsJSON(w world, all []config.Setting) int {
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		fmt.Fprintf(w.stderr, "watchdog config: %v\n", err)
		return exitNotWell
	}
	fmt.Fprintf(w.stdout, "%s\n", text)
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
