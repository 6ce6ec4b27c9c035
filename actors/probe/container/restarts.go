package container

import (
	"fmt"
	"slices"
	"time"

	"orchestrator-watchdog/messages"
)

// By the contract: 5 starts within 20 minutes; over after 10 minutes without one.
const (
	loopStarts = 5
	loopWithin = 20 * time.Minute
	loopOver   = 10 * time.Minute
)

// settled is how long a container in a loop must run before it counts as running: the
// engine itself starts its growing pauses anew after a run of that length.
const settled = 10 * time.Second

// looping tells whether the starts, oldest first, are a restart loop.
func looping(starts []time.Time, was bool, now time.Time) bool {
	if len(starts) == 0 || now.Sub(starts[len(starts)-1]) >= loopOver {
		return false
	}
	return was || within(starts, now) >= loopStarts
}

// within is how many of the starts are young enough to count.
func within(starts []time.Time, now time.Time) int {
	first, _ := slices.BinarySearchFunc(starts, now.Add(-loopWithin), time.Time.Compare)
	return len(starts) - first
}

// judgeRestarts makes the observation of container_restarting.
func judgeRestarts(container string, starts []time.Time, loop bool, now time.Time) messages.Observation {
	n := within(starts, now)
	o := messages.Observation{
		Detail: fmt.Sprintf("started %s within %.0f min", times(n), loopWithin.Minutes()),
	}.WithValue(float64(n)).Against(loopStarts, fmt.Sprintf(">= %d", loopStarts))
	if loop {
		o.Level = messages.Warning
		o.Detail += fmt.Sprintf(", last %s ago: docker logs --tail 50 %s; over after %.0f min without a start",
			now.Sub(starts[len(starts)-1]).Round(time.Second), container, loopOver.Minutes())
	}
	return o
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
