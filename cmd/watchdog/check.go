package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"orchestrator-watchdog/cmd/watchdog/internal/check"
	"orchestrator-watchdog/cmd/watchdog/internal/terminal"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor"
)

var checkCommand = command{
	name:  "check",
	usage: "[--json] [--explain KEY]",
	short: "runs every configured probe once, and sends nothing",
	long: `Reads once everything that the daemon would watch, sends nothing, and prints a table of
the signals, the most severe first: key, level, value, threshold, detail. Levels are
those of this reading, without debounce. Below the table is what is switched off, and
what would switch it on.

A rule over a window (of: increase, decrease, rate) can't be judged in one pass: it is
shown as pending, with the window that it needs, and does not count as a failure.

With --explain KEY, such as orch_rule:queue_stuck, it shows how one signal came to its
level, step by step, and its policy.

It ends within the longest timeout plus a second, even if a probe hangs. It honours NO_COLOR.`,
	settings: []string{"WATCHDOG_CONFIG", "WATCHDOG_ORCH_URL", "WATCHDOG_DOCKER_HOST", "WATCHDOG_HOST_PROC", "WATCHDOG_HOST_MOUNTS", "WATCHDOG_HOST_ENABLED"},
	exits:    [3]string{"everything is ok or pending", "a signal is not; unknown is not ok", "wrong usage or settings, or no such signal"},
	examples: []example{
		{"with the settings of a running container", "docker exec watchdog /watchdog check"},
		{"why a rule has its level", "watchdog check --explain orch_rule:queue_stuck"},
		{"the critical signals, for a script", "watchdog check --json | jq -r '.signals[] | select(.level==\"critical\").key'"},
	},
	run: runCheck,
}

// nearest is how many similar keys are suggested for an unknown key.
const nearest = 3

// checked is one run of the command: settings, probes and output.
type checked struct {
	world
	loaded
	mask   func(string) string
	asJSON bool
}

func runCheck(c command, w world) int {
	var asJSON, explain bool
	var key messages.Key
	if _, code, done := c.parse(w, func(f *flag.FlagSet) {
		f.BoolVar(&asJSON, "json", false, "print JSON")
		f.Func("explain", "show step by step how the signal `KEY` came to its level", func(s string) error {
			explain, key = true, messages.Key(s)
			return nil
		})
	}, 0); done {
		return code
	}
	l, ok := loadOrSay(w)
	if !ok {
		return exitUsage
	}
	p := checked{world: w, loaded: l, mask: newRedactor(nil, l.cfg.Secrets()).text, asJSON: asJSON}
	if explain {
		return p.explain(key)
	}
	return p.all()
}

// all shows every signal.
func (p checked) all() int {
	result := p.pass(p.Probes)
	for _, warning := range p.warnings {
		if warning != config.NoOrchestrator {
			result.Note(check.Note{Text: warning})
		}
	}
	result.Mask(p.mask)
	p.print(result.JSON, result.Table)
	return wellOrNot(result.Well())
}

// explain shows one signal.
func (p checked) explain(key messages.Key) int {
	parts := check.PartsFor(key, p.Probes)
	for _, part := range parts {
		if keeps, ok := part.Probe.(interface{ KeepAnswer() }); ok {
			keeps.KeepAnswer()
		}
	}
	result := p.pass(parts)
	if keys := result.Keys(p.cfg, p.Probes, p.channelNames()); !result.MayBe(key, keys) {
		fmt.Fprintf(p.stderr, "watchdog check: there is no signal %q; the nearest: %s\n", key, strings.Join(near(key, keys), ", "))
		return exitUsage
	}
	explanation := result.Explain(key, p.Settings)
	explanation.Mask(p.mask)
	p.print(explanation.JSON, explanation.Text)
	return wellOrNot(explanation.Well())
}

// print writes JSON or text, as asked.
func (p checked) print(asJSON func() string, text func(terminal.Screen) string) {
	if p.asJSON {
		fmt.Fprint(p.stdout, asJSON())
		return
	}
	screen, _ := terminal.ScreenOf(p.stdout, p.environ)
	fmt.Fprint(p.stdout, text(screen))
}

// pass runs the probes and applies the policies.
func (p checked) pass(parts []supervisor.ProbePart) *check.Result {
	waiting := func([]string, time.Duration) {}
	if screen, is := terminal.ScreenOf(p.stderr, p.environ); is {
		progress := check.NewProgress(p.stderr, screen.Columns)
		defer progress.Done()
		waiting = progress.Waiting
	}
	result := check.Run(context.Background(), parts, waiting)
	result.Note(check.Off(p.cfg, p.Probes, func(path string) bool {
		_, err := os.Stat(path)
		return err == nil
	})...)
	result.Apply(p.Settings)
	return result
}

// channelNames returns the names of the channels; each has a signal watchdog_delivery.
func (p checked) channelNames() (names []string) {
	for _, part := range p.Channels {
		names = append(names, part.Channel.Name())
	}
	return names
}

func near(key messages.Key, keys []messages.Key) []string {
	known := make([]string, len(keys))
	for i, k := range keys {
		known[i] = string(k)
	}
	return config.Nearest(string(key), known, nearest)
}

func wellOrNot(well bool) int {
	if well {
		return exitWell
	}
	return exitNotWell
}
