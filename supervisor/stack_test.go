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

// The actor of a probe keeps the smallest stack, 2 KiB, also after it has read, confirmed and
// reported. With one frame too many in its loop every actor would take twice that. A few grow at
// the start, when what they wait for is allocated. The race detector has larger frames.
func TestAProbeThatWaitsTakesTheSmallestStack(t *testing.T) {
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
