package config

import (
	"slices"
	"testing"
)

// The nearest names come first; a name that contains the given one is the nearest.
func TestNearest(t *testing.T) {
	known := []string{"host_load", "orch_down", "orch_rule:queue_stuck", "dep_down:db"}
	for name, want := range map[string][]string{
		"orch_donw":   {"orch_down", "host_load"},
		"queue_stuck": {"orch_rule:queue_stuck", "host_load"},
		"dep_down:d":  {"dep_down:db", "orch_down"},
	} {
		if got := Nearest(name, known, 2); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := Nearest("", nil, 2); len(got) != 0 || !slices.Equal(known, []string{"host_load", "orch_down", "orch_rule:queue_stuck", "dep_down:db"}) {
		t.Errorf("got %q, and the names are %q now", got, known)
	}
}
