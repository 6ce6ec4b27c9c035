package assembly

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"orchestrator-watchdog/actors/probe/dependency"
	"orchestrator-watchdog/config"
)

// phases returns the delay of each dependency's first reading.
func phases(t *testing.T, n int, interval time.Duration) map[string]time.Duration {
	t.Helper()
	c, _, err := Load(config.Source{Environ: []string{"WATCHDOG_DOCKER_HOST=off", "WATCHDOG_HOST_ENABLED=false"}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		c.Dependencies = append(c.Dependencies, config.Dependency{
			Name: fmt.Sprint("d", i), Interval: interval, Timeout: time.Second, Settings: &dependency.TCP{Addr: "127.0.0.1:1"},
		})
	}
	parts, err := Probes(c, NewShared(time.Now))
	if err != nil || len(parts) != n {
		t.Fatalf("%d probes, %v", len(parts), err)
	}
	all := make(map[string]time.Duration)
	for _, p := range parts {
		all[p.Name] = p.Phase
	}
	return all
}

// The first checks of many dependencies are spread evenly over the interval, or over 10 s if that is
// shorter. A restart keeps their delays.
func TestFirstChecksAreSpread(t *testing.T) {
	for interval, span := range map[time.Duration]time.Duration{
		time.Second: time.Second, 10 * time.Second: 10 * time.Second, time.Hour: 10 * time.Second, 0: 10 * time.Second,
	} {
		all := phases(t, 1000, interval)
		var tenths [10]int
		for name, at := range all {
			if at < 0 || at >= span {
				t.Fatalf("every %s: %s is first checked after %s", interval, name, at)
			}
			tenths[at*10/span]++
		}
		for i, n := range tenths {
			if n < 50 || n > 150 {
				t.Errorf("every %s: %d of 1000 are first checked in tenth %d of %s", interval, n, i, span)
			}
		}
		if !maps.Equal(all, phases(t, 1000, interval)) {
			t.Errorf("every %s: another start has other delays", interval)
		}
	}
}
