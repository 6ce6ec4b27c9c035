// Package dependency holds the probes of what the orchestrator depends on: one per
// dependency, of one kind each. A probe says dep_down and which step failed, with how
// long each step took.
//
//	dependency.go  what all kinds share: the observation made of a check
//	http.go        GET, its status and its body
//	tcp.go         a connection that can be opened
//	steps.go       the steps of a check, timed, and errors in plain words
//
// It may import messages and actors/probe.
package dependency
