// Package host contains the probes of the host: one for the system as a whole, which reads procfs,
// and one for each watched mount, so that a mount that hangs affects no other. The probes only
// read. Their paths may be those of the host, mounted into our container.
//
// If a host lacks something (pressure information, a permission), only the signals that need it
// are off, with a note that says how to switch them on. If it could be read before, they are
// unknown.
//
// procfs files and statfs(2) take no context. The actor enforces the deadline: it reports a
// reading that does not return as stuck.
//
// The package may import messages, config/field, actors/probe, procfs and x/sys.
package host
