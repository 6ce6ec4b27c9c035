// Package core decides what is told. Everything that the watchdog tells goes through Decide,
// which looks at one signal, and Step, which looks at all of them. docs/rules.md has the rules.
//
// Both are pure: they use no clock, no I/O, no goroutine and no randomness. Time comes with
// the message. Step never changes the State that it is given, so a caller may keep any number
// of states, and a panic in the middle of a Step loses one message and nothing else.
//
// News stays in State until the channel's Receipt arrives. The package may import messages.
// actor.go and log.go, the only files that know of time and mailboxes, may import zap too.
package core
