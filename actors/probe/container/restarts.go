package container

import (
	"fmt"
	"slices"
	"time"

	"orchestrator-watchdog/messages"
)

// A restart loop is loopStarts starts within loopWithin. It is over after loopOver without a start.
const (
	loopStarts = 5
	loopWithin = 20 * time.Minute
	loopOver   = 10 * time.Minute
)

// settled is how long a container in a loop must run before it counts as running. After a run of
// that length the engine, too, resets its growing pauses.
const settled = 10 * time.Second

// looping reports whether the starts, oldest first, are a restart loop. was is its last result.
func looping(starts []time.Time, was bool, now time.Time) bool {
	if len(starts) == 0 || now.Sub(starts[len(starts)-1]) >= loopOver {
		return false
	}
	return was || within(starts, now) >= loopStarts
}

// within returns the number of starts, oldest first, that are at most loopWithin old.
func within(starts []time.Time, now time.Time) int {
	first, _ := slices.BinarySearchFunc(starts, now.Add(-loopWithin), time.Time.Compare)
	return len(starts) - first
}

// judgeRestarts observes container_restarting.
func judgeRestarts(f dialect, container string, starts []time.Time, loop bool, now time.Time) messages.Observation {
	n := within(starts, now)
	o := messages.Observation{
		Detail: fmt.Sprintf("started %s within %.0f min", times(n), loopWithin.Minutes()),
	}.WithValue(float64(n)).WithBound(loopStarts, fmt.Sprintf(">= %d", loopStarts))
	if loop {
		o.Level = messages.Warning
		o.Detail += fmt.Sprintf(", last %s ago%s; over after %.0f min without a start",
			now.Sub(starts[len(starts)-1]).Round(time.Second), logsHint(f, listed{name: container}), loopOver.Minutes())
	}
	return o
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
