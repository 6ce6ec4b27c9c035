package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"orchestrator-watchdog/actors/control"
	"orchestrator-watchdog/actors/ops"
	"orchestrator-watchdog/config"
)

var reloadCommand = command{
	name:  "reload",
	short: "reloads the settings of the running daemon",
	long: `Asks the running daemon, over its control socket, to reload the YAML file and the files of
secrets. It prints what changed. If the settings are invalid, it prints every problem, and
the former settings stay in effect.

By default the daemon checks these files every 10 s (WATCHDOG_RELOAD). Changed environment
variables need a restart.`,
	settings: []string{"WATCHDOG_CONTROL", "WATCHDOG_LISTEN", "WATCHDOG_RELOAD", "WATCHDOG_CONFIG"},
	exits:    [3]string{"the settings are in effect", "no daemon answers", "wrong usage, or the new settings are invalid"},
	examples: []example{{"of a daemon in a container", "docker exec watchdog /watchdog reload"}},
	run: func(c command, w world) int {
		if _, code, done := c.parse(w, nil, 0); done {
			return code
		}
		return askDaemon(w, control.Request{Command: "reload"})
	},
}

// askDaemon asks the daemon that runs with the same settings, and prints its answer. It works even
// if other settings are invalid, because people may want the daemon to report just that.
func askDaemon(w world, request control.Request) int {
	return withAnswer(w, request, func(answer control.Answer) error {
		_, err := fmt.Fprint(w.stdout, answer.Output)
		return err
	})
}

// socketOf returns the name of the control socket; empty: there is none.
func socketOf(cfg *config.Config) string {
	return config.Section[*control.Settings](cfg).Name(config.Section[*ops.Settings](cfg).Listen)
}

// withAnswer asks the daemon and calls do with its answer. It returns the exit code.
func withAnswer(w world, request control.Request, do func(control.Answer) error) int {
	cfg, _, _ := load(w)
	if socketOf(cfg) == "" {
		fmt.Fprintln(w.stderr, "WATCHDOG_CONTROL=off: the daemon can't be asked")
		return exitNotWell
	}
	ctx, cancel := context.WithTimeout(context.Background(), control.AnswerWithin+5*time.Second)
	defer cancel()
	answer, err := control.Ask(ctx, socketOf(cfg), request)
	if err == nil && (answer.Output != "" || answer.Code == exitWell) {
		err = do(answer)
	}
	if err != nil {
		fmt.Fprintln(w.stderr, err)
		return exitNotWell
	}
	fmt.Fprint(w.stderr, answer.Problem)
	return answer.Code
}

// askReload is a request to reload; the outcome is sent on it.
type askReload chan<- reloadOutcome

type reloadOutcome struct {
	report report
	err    error
}

// reloadHandler handles the command reload by asking the reloader.
func reloadHandler(asks chan<- askReload) control.Handler {
	return func(ctx context.Context, _ control.Request) control.Answer {
		outcome := make(chan reloadOutcome, 1)
		select {
		case asks <- outcome:
		case <-ctx.Done():
			return control.Answer{Code: exitNotWell, Problem: "another reload is still running: try again\n"}
		}
		select {
		case o := <-outcome:
			if o.err != nil {
				return control.Answer{Code: exitUsage, Problem: problemText(o.err) + "nothing has changed: the former settings stay in effect\n"}
			}
			return control.Answer{Output: o.report.String()}
		case <-ctx.Done():
			return control.Answer{Code: exitNotWell, Problem: "the reload is still running: the log event reloaded or reload_failed will give its outcome\n"}
		}
	}
}

func problemText(err error) string {
	var b strings.Builder
	printProblems(&b, err)
	return b.String()
}

// refuseReload answers for a disabled daemon.
func refuseReload(context.Context, control.Request) control.Answer {
	return control.Answer{Code: exitUsage, Problem: problemText(errors.New("the watchdog is disabled, and WATCHDOG_ENABLED needs a restart"))}
}

// report says what a reload changed, by names without values.
type report struct {
	settings, added, removed, replaced, warnings []string
}

// String returns the report for people.
func (r report) String() string {
	var b strings.Builder
	for _, part := range []struct {
		what  string
		names []string
	}{
		{"settings that changed", r.settings}, {"started", r.added}, {"stopped", r.removed}, {"restarted", r.replaced},
	} {
		if len(part.names) > 0 {
			fmt.Fprintf(&b, "%s: %s\n", part.what, strings.Join(part.names, ", "))
		}
	}
	if b.Len() == 0 {
		b.WriteString("reloaded: nothing has changed\n")
	}
	for _, warning := range r.warnings {
		fmt.Fprintf(&b, "warning: %s\n", warning)
	}
	return b.String()
}
