package main

import (
	"context"
	"fmt"
	"os/signal"
	"syscall"

	"orchestrator-watchdog/cmd/watchdog/internal/demo"
	"orchestrator-watchdog/cmd/watchdog/internal/terminal"
)

var demoCommand = command{
	name:  "demo",
	short: "shows the whole system against fakes, in under a minute",
	long: `Runs the real watchdog for 45 seconds beside a fake orchestrator that is made to fail, and a
local fake of Telegram. It tells what happens and why, and shows the chat as it would look. It
needs no network, no token and no Docker, and reads no settings of this machine.

The output is plain text if NO_COLOR is set or it is not a terminal.`,
	exits: [3]string{"the demo went as expected", "it did not, and the difference is printed; or it was interrupted", "wrong usage"},
	run:   runDemo,
}

func runDemo(c command, w world) int {
	if _, code, done := c.parse(w, nil, 0); done {
		return code
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	screen, _ := terminal.ScreenOf(w.stdout, w.environ)
	err := demo.Play(ctx, w.stdout, screen)
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(w.stderr, "\nwatchdog demo: interrupted before its end")
	case err != nil:
		fmt.Fprintf(w.stderr, "\nthe demo did not go as expected: %v\n", err)
	default:
		return exitWell
	}
	return exitNotWell
}
