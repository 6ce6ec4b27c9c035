// Package host holds the probes of the host: one for what procfs says of the whole
// system, and one for each watched mount, so that a mount that hangs is stuck alone.
// Everything is read, from paths that may be the host's inside of a container.
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
