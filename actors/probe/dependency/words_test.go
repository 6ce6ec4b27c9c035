package dependency

import (
	"fmt"
	"strings"
	"testing"

	"orchestrator-watchdog/messages"
)

// The text of dep_cert names the shares of a certificate's lifetime that the probe uses.
func TestTheKindNamesTheSharesOfALifetime(t *testing.T) {
	kind, _ := messages.KindOf("dep_cert:x")
	if want := fmt.Sprintf("1/%.0f / 1/%.0f", 1/warnShare, 1/criticalShare); !strings.Contains(kind.Active, want) {
		t.Errorf("it is active when %q, want it to say %q", kind.Active, want)
	}
}
