// Package orchestrator is the probe of the orchestrator's GET /metrics: whether it
// answers, with what envelope, how old that is, and what rules say of its fields.
// docs/envelope.md describes all of it for users.
//
// The rules are a language of their own, in the package rule below it.
package orchestrator
