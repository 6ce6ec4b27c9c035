// Package host holds the probes of the host: one for what procfs says of the whole
// system, and one for each watched mount, so that a mount that hangs is stuck alone.
// Everything is read, from paths that may be the host's inside of a container.
//
//	system.go     System: what is read, and what becomes of what can't be
//	gauges.go     memory, load, pressure, open files: one number of procfs each
//	oom.go        the kernel's count of processes killed for memory
//	raid.go       md arrays and ZFS pools
//	procfs.go     the few files of procfs that the library has no reader for
//	mount.go      Mount: one file system
//	statfs.go     what the kernel is asked
//	space.go      inodes, and the opt-in ceiling
//	eta.go        the opt-in time until it is full
//	pace.go       how fast it fills
//	readonly.go   whether it was writable and is no more
//	mounttable.go where our mount is in the host's mount table
//	kinds.go      file systems that are watched only where they are named
//	threshold.go  levels with hysteresis
//	units.go      numbers as people read them
//
// What is missing on a host (no pressure information, no permission) switches that
// one reading off, with a note that says how to switch it on. What could be read
// before and can't any more is unknown.
//
// procfs files and statfs(2) take no context: the deadline is the probe actor's,
// which reports a reading that does not return as stuck.
//
// The package may import messages, actors/probe, procfs and x/sys.
package host
