package supervisor_test

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor"
)

// phases gives when each of many dependencies is read first.
func phases(t *testing.T, n int, interval time.Duration) map[string]time.Duration {
	t.Helper()
	c := &config.Config{Tick: 15 * time.Second}
	for i := range n {
		c.Dependencies = append(c.Dependencies, config.Dependency{
			Name: fmt.Sprint("d", i), Interval: interval, Timeout: time.Second, TCP: &config.TCP{Addr: "127.0.0.1:1"},
		})
	}
	parts, err := supervisor.Probes(c, supervisor.NewWorld(time.Now))
	if err != nil || len(parts) != n {
		t.Fatalf("%d probes, %v", len(parts), err)
	}
	all := make(map[string]time.Duration)
	for _, p := range parts {
		all[p.Name] = p.Phase
	}
	return all
}

// The first checks of many dependencies are spread evenly over the interval, but no
// longer than 10 s, and a restart keeps their places.
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
			t.Errorf("every %s: another start has other places", interval)
		}
	}
}

// Readings keep their intervals to 5 %, however many there are, whether they are fast,
// take most of their interval, or panic, and whoever else hangs.
func TestManyProbesKeepTheirTimes(t *testing.T) {
	const n, interval = 200, 10 * time.Second
	synctest.Test(t, func(t *testing.T) {
		start, forever := time.Now(), make(chan struct{})
		var mu sync.Mutex
		begun := make(map[int][]time.Duration)
		var parts []supervisor.ProbePart
		for i := range n {
			p := part(fmt.Sprint("p", i), func(context.Context) (probe.Reading, error) {
				mu.Lock()
				begun[i] = append(begun[i], time.Since(start))
				mu.Unlock()
				switch i % 10 {
				case 1:
					time.Sleep(9 * time.Second)
				case 2:
					panic("boom")
				case 3:
					<-forever
				}
				return probe.Reading{Observations: []messages.Observation{{Signal: messages.NewKey("dep_down", fmt.Sprint(i))}}}, nil
			})
			p.Interval, p.Deadline = interval, 9500*time.Millisecond
			p.Phase = time.Duration(i) * interval / n
			parts = append(parts, p)
		}
		r := run(parts)
		time.Sleep(2*time.Minute - time.Millisecond)
		if err := r.stop(); err != nil {
			t.Error(err)
		}
		close(forever)
		time.Sleep(9 * time.Second) // the readings under way return
		synctest.Wait()
		for i := range n {
			want := 12
			if i%10 == 3 {
				want = 1 // and no second one beside it
			}
			if len(begun[i]) != want {
				t.Errorf("probe %d was read %d times, want %d", i, len(begun[i]), want)
			}
			for j, at := range begun[i] {
				if late := at - parts[i].Phase - time.Duration(j)*interval; late < 0 || late > interval/20 {
					t.Fatalf("reading %d of probe %d was late by %s", j, i, late)
				}
			}
		}
	})
}
