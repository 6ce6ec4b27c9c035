package main

import (
	"os"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// memoryShare is how much of the container's memory limit the runtime aims to stay below:
// the rest is for what it does not count, and for the moment until it has collected.
const memoryShare = 0.8

// boundMemory takes the memory limit of the container as that of the runtime: near it,
// garbage is collected at once. Where there is no limit, or none that can be read, the
// runtime has none. GOMEMLIMIT has the last word.
func boundMemory() {
	_, _ = memlimit.Set(memlimit.WithProvider(memlimit.FromCgroup), memlimit.WithRatio(memoryShare))
}

// slim trades a little processor time for memory: the watchdog allocates little, and
// stands beside something that needs the memory more. GOGC has the last word.
func slim() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(15)
	}
	debug.FreeOSMemory() // what reading the settings took
}
