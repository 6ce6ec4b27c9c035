// Package check makes one pass of every probe, without sending anything, and lays out
// what was seen. docs/check.md describes it for users.
//
//	pass.go      all probes read once, beside each other, in bounded time
//	result.go    what was seen: levels, order, whether all is well
//	off.go       what is switched off, and what would switch it on
//	table.go     the table for people
//	json.go      the same for scripts
//	explain.go   one signal, step by step; keys.go: which signals there may be
//	progress.go  who is waited for, on a terminal
package check
