package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"orchestrator-watchdog/actors/control"
)

var reloadCommand = command{
	name:  "reload",
	short: "lets the running daemon read its settings anew",
	long: `Asks the running daemon, over its control socket, to read the YAML file and the files of
secrets anew. It prints what changed or, where the settings are wrong, every problem: then the
former ones stay in effect.

By default the daemon looks at these files every 10 s by itself (WATCHDOG_RELOAD). The
environment of a process never changes: a variable takes a restart.`,
	settings: []string{"WATCHDOG_CONTROL", "WATCHDOG_LISTEN", "WATCHDOG_RELOAD", "WATCHDOG_CONFIG"},
	exits:    [3]string{"the settings were read, and are in effect", "no daemon answers", "wrong usage, or the new settings are wrong"},
	examples: []example{{"of a daemon in a container", "docker exec watchdog /watchdog reload"}},
	run: func(c command, w world) int {
		if _, code, done := c.parse(w, nil, 0); done {
			return code
		}
		return askDaemon(w, control.Request{Command: "reload"})
	},
}

// askDaemon asks the daemon that runs with the same settings, and prints its answer. That
// other settings are wrong does not matter: to find that out is what the daemon may be asked for.
func askDaemon(w world, request control.Request) int {
	return withAnswer(w, request, func(answer control.Answer) error {
		_, err := fmt.Fprint(w.stdout, answer.Output)
		return err
	})
}

// withAnswer asks the daemon and does something with its answer.
func withAnswer(w world, request control.Request, do func(control.Answer) error) int {
	cfg, _, _ := load(w)
	if cfg.Control() == "" {
		fmt.Fprintln(w.stderr, "WATCHDOG_CONTROL=off: the daemon can't be asked")
		return exitNotWell
	}
	ctx, cancel := context.WithTimeout(context.Background(), control.AnswerWithin+5*time.Second)
	defer cancel()
	answer, err := control.Ask(ctx, cfg.Control(), request)
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

// askReload is a request to read the settings anew, and where its outcome goes.
type askReload chan<- reloadOutcome

type reloadOutcome struct {
	report report
	err    error
}

// reloadHandler answers the command reload through the goroutine that reloads.
func reloadHandler(asks chan<- askReload) control.Handler {
	return func(ctx context.Context, _ control.Request) control.Answer {
		outcome := make(chan reloadOutcome, 1)
		select {
		case asks <- outcome:
		case <-ctx.Done():
			return control.Answer{Code: exitNotWell, Problem: "another reload has not ended yet: try again\n"}
		}
		select {
		case o := <-outcome:
			if o.err != nil {
				return control.Answer{Code: exitUsage, Problem: lines(o.err) + "nothing has changed: the former settings stay in effect\n"}
			}
			return control.Answer{Output: o.report.String()}
		case <-ctx.Done():
			return control.Answer{Code: exitNotWell, Problem: "the reload has not ended yet: the log event reloaded or reload_failed will tell\n"}
		}
	}
}

func lines(err error) string {
	var b strings.Builder
	say(&b, err)
	return b.String()
}

// refuseReload answers for a daemon that is switched off.
func refuseReload(context.Context, control.Request) control.Answer {
	return control.Answer{Code: exitUsage, Problem: lines(errors.New("the watchdog is disabled, and WATCHDOG_ENABLED takes a restart"))}
}

// report says what a reload changed: names, no values.
type report struct {
	settings, added, removed, replaced, warnings []string
}

// String is the report for people.
func (r report) String() string {
	var b strings.Builder
	for _, part := range []struct {
		what  string
		names []string
	}{
		{"settings that changed", r.settings}, {"started", r.added}, {"stopped", r.removed}, {"started anew", r.replaced},
	} {
		if len(part.names) > 0 {
			fmt.Fprintf(&b, "%s: %s\n", part.what, strings.Join(part.names, ", "))
		}
	}
	if b.Len() == 0 {
		b.WriteString("read anew: nothing has changed\n")
	}
	for _, warning := range r.warnings {
		fmt.Fprintf(&b, "warning: %s\n", warning)
	}
	return b.String()
}
