// Package check makes one pass of every probe, without sending anything, and lays out
// what was seen. docs/check.md describes it for users.
package check
