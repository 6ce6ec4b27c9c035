package main

import (
	"os"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// memoryShare is the share of the container's memory limit that the runtime may use. The rest is
// for memory that the runtime does not count, and for the time until it has collected.
const memoryShare = 0.8

// boundMemory sets the runtime's memory limit from that of the container, so that garbage is
// collected before the container reaches its limit. Without a readable limit it does nothing.
// GOMEMLIMIT takes precedence.
func boundMemory() {
	_, _ = memlimit.Set(memlimit.WithProvider(memlimit.FromCgroup), memlimit.WithRatio(memoryShare))
}

// saveMemory trades a little CPU for memory, which the watched service needs more, and returns
// free memory to the system. GOGC takes precedence. It is called when much was allocated.
func saveMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(15)
	}
	debug.FreeOSMemory()
}
