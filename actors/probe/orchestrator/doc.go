// Package orchestrator is the probe of the orchestrator's GET /metrics. It observes whether the
// orchestrator answers with an envelope, how old the envelope is, and the rules over its fields,
// which are in package rule. docs/envelope.md describes all of it for users.
package orchestrator
