package core

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/messages"
)

// The texts of the kinds that the core observes name the durations that it uses.
func TestTheKindsNameTheCoresDurations(t *testing.T) {
	for key, d := range map[messages.Key]time.Duration{"watchdog_blind": blindAfter, "watchdog_delivery:telegram": deliveryPatience} {
		kind, _ := messages.KindOf(key)
		if want := fmt.Sprintf("for %d min", int(d.Minutes())); !strings.Contains(kind.Active, want) {
			t.Errorf("%s is active when %q, want it to say %q", key, kind.Active, want)
		}
	}
}
