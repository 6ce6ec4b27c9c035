package container

import (
	"fmt"
	"testing"

	"strings"

	"orchestrator-watchdog/messages"
)

// The text of container_restarting names the numbers that the probe uses.
func TestTheKindNamesTheNumbersOfALoop(t *testing.T) {
	kind, _ := messages.KindOf("container_restarting:x")
	for _, want := range []string{
		fmt.Sprintf("%d starts within %d min", loopStarts, int(loopWithin.Minutes())),
		fmt.Sprintf("after %d min without one", int(loopOver.Minutes())),
	} {
		if !strings.Contains(kind.Active, want) {
			t.Errorf("it is active when %q, want it to say %q", kind.Active, want)
		}
	}
}
