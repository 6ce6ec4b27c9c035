package main

import (
	"runtime"
	"testing"
)

// A watchdog with few probes uses one processor, one with thousands uses more, and GOMAXPROCS wins.
func TestProcessorsFollowTheProbes(t *testing.T) {
	t.Cleanup(func() { runtime.GOMAXPROCS(processors) })
	for _, c := range []struct {
		set    string
		probes int
		want   int
	}{
		{"", 10, 1}, {"", 1999, 1}, {"", 2000, min(processors, 2)}, {"", 1_000_000, processors}, {"3", 10, processors},
	} {
		runtime.GOMAXPROCS(processors)
		t.Setenv("GOMAXPROCS", c.set)
		if limitProcessors(c.probes); runtime.GOMAXPROCS(0) != c.want {
			t.Errorf("with %d probes and GOMAXPROCS=%q: %d processors, want %d", c.probes, c.set, runtime.GOMAXPROCS(0), c.want)
		}
	}
}
