package main

import (
	"context"
	"fmt"

	"orchestrator-watchdog/actors/ops"
)

var healthcheckCommand = command{
	name:  "healthcheck",
	short: "asks the running daemon whether it is well",
	long: `Asks the /healthz of the daemon that runs with the same settings; the image's HEALTHCHECK
calls it. A disabled watchdog is well, and so is one without endpoints (WATCHDOG_LISTEN=off),
which can't be asked.

Exit codes: 0 it is well, 1 it is not or does not answer.`,
	run: runHealthcheck,
}

func runHealthcheck(c command, w world) int {
	if _, code, done := c.parse(w, nil, 0); done {
		return code
	}
	cfg, _, err := load(w)
	switch {
	case !cfg.Enabled:
		fmt.Fprintln(w.stdout, "well: disabled")
		return exitWell
	case err != nil:
		say(w.stderr, err)
		return exitUsage
	case cfg.Listen == "":
		fmt.Fprintln(w.stdout, "well, as far as can be told: WATCHDOG_LISTEN=off leaves no one to ask")
		return exitWell
	}
	if err := ops.Check(context.Background(), cfg.Listen); err != nil {
		fmt.Fprintln(w.stderr, err)
		return exitNotWell
	}
	fmt.Fprintln(w.stdout, "well")
	return exitWell
}
