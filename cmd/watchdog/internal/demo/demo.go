package demo

import (
	"context"
	"fmt"
	"io"
	"time"

	"orchestrator-watchdog/cmd/watchdog/internal/terminal"
)

// tempo is how fast a film goes.
type tempo struct {
	tick     time.Duration
	cooldown time.Duration // between reminders
	pause    time.Duration // for reading, behind what is worth it
	patience time.Duration // for one thing that is to happen
}

// forPeople gives people time to read, and is over in 40 s.
var forPeople = tempo{tick: time.Second, cooldown: 13 * time.Second, pause: 2 * time.Second, patience: 15 * time.Second}

// Play plays the film, for people, on an output that is the given screen. The error says
// what went otherwise than it should.
func Play(ctx context.Context, out io.Writer, on terminal.Screen) error {
	return playAt(ctx, &screen{Screen: on, out: out, began: time.Now()}, forPeople)
}

func playAt(ctx context.Context, out *screen, t tempo) error {
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
