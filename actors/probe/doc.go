// Package probe holds what every probe shares: the Probe interface, and the actor
// that gives a probe its schedule, its deadline and its crash domain.
//
// A probe itself is one reading of one thing: a function of a context to
// observations. It starts no goroutine, logs nothing, and knows nothing of ticks,
// debounce, severity policy or channels. Each lives in a package below this one
// and is wired by a row of the supervisor's table.
//
// The package may import messages and zap; never suture, config or another actor.
package probe
