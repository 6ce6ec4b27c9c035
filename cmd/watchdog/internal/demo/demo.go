package demo

import (
	"context"
	"fmt"
	"io"
	"time"

	"orchestrator-watchdog/cmd/watchdog/internal/terminal"
)

// tempo is the speed of the demo.
type tempo struct {
	tick     time.Duration
	cooldown time.Duration // between reminders
	pause    time.Duration // for people to read
	patience time.Duration // how long one expected event may take
}

// forPeople gives people time to read; the demo takes about 45 s.
var forPeople = tempo{tick: time.Second, cooldown: 13 * time.Second, pause: 2 * time.Second, patience: 15 * time.Second}

// Play runs the demo for people on the given screen. Its error says what differed from the
// script.
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

// play runs the acts in order, up to the first that fails.
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
