// Package orchestrator is the probe of the orchestrator's GET /metrics: whether it
// answers, with what envelope, how old that is, and what rules say of its fields.
// docs/envelope.md describes all of it for users.
//
//	probe.go       one reading: a scrape, and what it says of each signal
//	scrape.go      the request: GET alone, bounded in time and size, no token elsewhere
//	envelope.go    the answer: JSON or Prometheus text, told apart from anything else
//	field.go       how a rule names a value; jsonpick.go, jsonscan.go and textpick.go, textlines.go find it
//	rule.go        how a rule is spelt, and what is wrong with it; comparison.go, rulechecks.go
//	judge.go       a rule's verdict on an answer: quantity, window (window.go), hysteresis
//	observe.go     the verdict in words; explain.go, explainfound.go: the same step by step
//	defaults.go    the rules for the fields of schema 1
//
// It may import messages, actors/probe and the parser of Prometheus text.
package orchestrator
