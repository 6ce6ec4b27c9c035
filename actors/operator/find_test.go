package operator

import (
	"strings"
	"testing"

	"orchestrator-watchdog/messages"
)

// An exact key wins, then an exact instance, then any part of a key. Several matches are listed.
func TestFind(t *testing.T) {
	known := []messages.Key{"dep_down:db", "dep_down:db2", "container_down:db2", "orch_down", "host_load"}
	for word, want := range map[string]string{
		"orch_down": "orch_down", "db": "dep_down:db", "load": "host_load", "dep_down:db": "dep_down:db",
		"db2": "matches several signals: dep_down:db2, container_down:db2", "down": "matches several signals", "nothing": "there is no signal", "": "there is no signal",
	} {
		key, err := Find(known, word)
		if got := string(key); got != want && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: got %q (%v), want %q", word, got, err, want)
		}
	}
}
