// Package core decides what is told. All news goes through Decide, for one signal, and Step, for
// all of them. docs/rules.md has the rules.
//
// Both are pure: they use no clock, no I/O, no goroutine and no randomness. Messages carry the
// time. Step never changes the State that it receives, so a caller may keep any number of
// states, and a panic in a Step loses only one message.
//
// News stays in State until the channel's Receipt arrives. The package may import messages and
// config/field. Only actor.go and log.go, which use clocks and mailboxes, may import zap too.
package core
