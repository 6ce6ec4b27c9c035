//go:build !race

package supervisor_test

import (
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor"
)

// An actor of a probe that waits keeps the smallest stack there is, 2 KiB, also after it has
// read, confirmed and reported: with one frame too many in its loop, all of them would take
// twice that. A few grow at the start, when what they wait for is allocated. (The race
// detector's frames are larger.)
func TestAProbeThatWaitsTakesTheSmallestStack(t *testing.T) {
	const n = 1000
	stacks := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.StackInuse
	}
	synctest.Test(t, func(*testing.T) {
		before := stacks()
		var probes []supervisor.ProbePart
		for i := range n {
			name := fmt.Sprintf("p%d", i)
			probes = append(probes, observing(name, messages.NewKey("dep_down", name), func(at time.Duration) messages.Level {
				if at > 20*time.Second && at < 40*time.Second {
					return messages.Warning
				}
				return messages.OK
			}))
		}
		r := run(probes)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if each := (stacks() - before) / n; each > 3<<10 {
			t.Errorf("an idle probe takes %d bytes of stack, want 2 KiB and a little", each)
		}
		_ = r.stop()
	})
}
