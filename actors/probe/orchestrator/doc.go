// Package orchestrator is the probe of the orchestrator's GET /metrics: whether it
// answers, with what envelope, and how old that is.
//
//	probe.go     one reading: a scrape, and what it says of each signal
//	scrape.go    the request: GET alone, bounded in time and size, no token elsewhere
//	envelope.go  the answer: JSON, told apart from anything else
//
// It may import messages and actors/probe.
package orchestrator
