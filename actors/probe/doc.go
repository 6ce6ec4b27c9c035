// Package probe defines the Probe interface, and the Actor that runs a probe on a schedule, with
// a deadline, and contains its panics.
//
// A probe reads one thing and returns observations. It starts no goroutine, logs nothing, and
// does not know of ticks, debounce, severity policy or channels. Each probe is a package below
// this one, with a row in the table of supervisor/assembly.
//
// The package may import messages, actors/peer, actors/worker and zap, but never suture, config
// or another actor.
package probe
