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
	short: "the whole system on embedded stand-ins, in under a minute",
	long: `A film of 45 seconds: the real watchdog, with the settings and the wiring of the daemon,
beside an orchestrator that is made to fail and a local stand-in for Telegram. It says what
happens and why, and shows the chat as it would look. It needs no network, no token and no
Docker, and reads no setting of this machine.

NO_COLOR, or an output that is no terminal, makes it plain text.`,
	exits: [3]string{"the film went as it should", "it did not, and what differed is printed; or it was interrupted", "wrong usage"},
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
		fmt.Fprintf(w.stderr, "\nthe demo did not go as it should: %v\n", err)
	default:
		return exitWell
	}
	return exitNotWell
}
