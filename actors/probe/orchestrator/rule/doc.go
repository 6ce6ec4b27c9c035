// Package rule implements rules over an answer: fields of JSON or Prometheus text, quantities
// over time, comparisons with hysteresis, and explanations of a level. docs/envelope.md describes
// the rules for users.
//
// The package does not fetch answers. It may import messages, config/field,
// actors/probe/jsonscan and the parser of Prometheus text.
package rule
