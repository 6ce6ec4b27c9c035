// Package host holds the probes of the host: one for what procfs says of the whole
// system, and one for each watched mount, so that a mount that hangs is stuck alone.
// Everything is read, from paths that may be the host's inside of a container.
//
//	system.go     memory, load, pressure, the kernel's OOM killer, open files
//	mount.go      inodes and the opt-in ceiling of one file system
//	procfs.go     the few files of procfs that the library has no reader for
//	threshold.go  levels with hysteresis
//
// It may import messages, actors/probe, procfs and x/sys.
package host
