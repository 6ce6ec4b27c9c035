package main

import (
	"context"
	"fmt"

	"orchestrator-watchdog/actors/ops"
	"orchestrator-watchdog/config"
)

var healthcheckCommand = command{
	name:  "healthcheck",
	short: "asks the running daemon whether it is well",
	long: `Asks the /healthz of the daemon that runs with the same settings, for 4 seconds at most.
The image's HEALTHCHECK calls it.

The watchdog is well as long as its own parts make progress, even if a target is down. A
disabled watchdog is well. So is one without endpoints (WATCHDOG_LISTEN=off), which can't be
asked.`,
	settings: []string{"WATCHDOG_LISTEN", "WATCHDOG_ENABLED"},
	exits:    [3]string{"it is well", "it is not, and the reasons are printed; or it does not answer", "wrong usage or settings"},
	examples: []example{{"of a daemon in a container", "docker exec watchdog /watchdog healthcheck"}},
	run:      runHealthcheck,
}

func runHealthcheck(c command, w world) int {
	if _, code, done := c.parse(w, nil, 0); done {
		return code
	}
	cfg, _, err := load(w)
	listen := config.Section[*ops.Settings](cfg).Listen
	switch {
	case !cfg.Enabled:
		fmt.Fprintln(w.stdout, "well: disabled")
		return exitWell
	case err != nil:
		printProblems(w.stderr, err)
		return exitUsage
	case listen == "":
		fmt.Fprintln(w.stdout, "well, as far as is known: WATCHDOG_LISTEN=off, so it can't be asked")
		return exitWell
	}
	if err := ops.Check(context.Background(), listen); err != nil {
		fmt.Fprintln(w.stderr, err)
		return exitNotWell
	}
	fmt.Fprintln(w.stdout, "well")
	return exitWell
}
