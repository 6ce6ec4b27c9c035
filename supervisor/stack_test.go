//go:build !race

package supervisor_test

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor"
)

// stackTest is set in the process of its own that the test needs: other tests in the process
// change the size of new stacks.
const stackTest = "WATCHDOG_TEST_STACK"

// The loop of a probe's actor stays within the smallest stack, 2 KiB, while it reads, confirms and
// reports: an allocation in it, or one frame too many, would sooner or later double the stack of
// every actor. (At the start some do grow, when what they wait for is allocated. The race detector
// has larger frames.)
func TestTheStackOfAProbeDoesNotGrow(t *testing.T) {
	if os.Getenv(stackTest) == "" {
		alone := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
		alone.Env = append(os.Environ(), stackTest+"=1")
		if out, err := alone.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	const n = 1000
	stacks := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.StackInuse
	}
	synctest.Test(t, func(*testing.T) {
		var probes []supervisor.ProbePart
		for i := range n {
			name := fmt.Sprintf("p%d", i)
			probes = append(probes, observing(name, messages.NewKey("dep_down", name), func(at time.Duration) messages.Level {
				if at%(2*time.Minute) < time.Minute {
					return messages.Warning
				}
				return messages.OK
			}))
		}
		r := run(probes)
		time.Sleep(time.Minute)
		synctest.Wait()
		before := stacks()
		time.Sleep(20 * time.Minute)
		synctest.Wait()
		if after := stacks(); after > before+n*64 {
			t.Errorf("the stacks of %d actors took %d bytes after a minute, and %d after 20 more", n, before, after)
		}
		_ = r.stop()
	})
}
