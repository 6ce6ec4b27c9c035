// Package rule is the language of rules over an answer: fields of JSON or of Prometheus text,
// what is measured of them, comparisons with hysteresis, and how one came to its level.
// docs/envelope.md describes it for users.
//
// It knows nothing of how an answer is had. It may import messages, config/field,
// actors/probe/jsonscan and the parser of Prometheus text.
package rule
