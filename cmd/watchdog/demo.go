package main

import (
	"context"
	"fmt"
	"os/signal"
	"syscall"
	"time"
)

var demoCommand = command{
	name:  "demo",
	short: "the whole system on embedded stand-ins, in under a minute",
	long: `A film of 40 seconds: the real watchdog, with the settings and the wiring of the daemon,
beside an orchestrator that is made to fail and a local stand-in for Telegram. It says what
happens and why, and shows the chat as it would look. It needs no network, no token and no
Docker, and reads no setting of this machine.

NO_COLOR, or an output that is no terminal, makes it plain text.`,
	exits: [3]string{"the film went as it should", "it did not, and what differed is printed; or it was interrupted", "wrong usage"},
	run:   runDemo,
}

// tempo is how fast a film goes.
type tempo struct {
	tick     time.Duration
	cooldown time.Duration // between reminders
	pause    time.Duration // for reading, behind what is worth it
	patience time.Duration // for one thing that is to happen
}

// demoTempo gives people time to read, and is over in 40 s.
var demoTempo = tempo{tick: time.Second, cooldown: 13 * time.Second, pause: 2 * time.Second, patience: 15 * time.Second}

func runDemo(c command, w world) int {
	if _, code, done := c.parse(w, nil, 0); done {
		return code
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	err := demo(ctx, newScreen(w.stdout, w.environ), demoTempo)
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

// demo plays the film. The error says what went otherwise than it should.
func demo(ctx context.Context, out *screen, t tempo) error {
	s, err := newStage(t)
	if err != nil {
		return err
	}
	defer s.clear()
	return play(ctx, out, s)
}

// play plays the acts one after the other, up to the first that goes wrong.
func play(ctx context.Context, out *screen, s *stage) error {
	f := &film{ctx: ctx, screen: out, stage: s, raised: make(map[string]int64)}
	for i, a := range acts(s.tempo) {
		f.open(i+1, a)
		if err := a.play(f); err != nil {
			return fmt.Errorf("act %d, %q: %w", i+1, a.title, err)
		}
	}
	return nil
}
