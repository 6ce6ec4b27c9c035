// Package core decides. It is who people trust: everything that the watchdog tells
// goes through Decide, one signal at a time, and Step, all of them.
//
// Both are pure: no clock, no I/O, no goroutine, no randomness; time comes with the
// message. Step never changes the State that it is given, so a caller may keep any
// number of states, and a panic in the middle loses one message and nothing else.
//
//	decide.go    one signal: debounce, then tell or not (rules 1 to 3, 6, 7 of the contract)
//	policy.go    which numbers apply to which key, and why
//	window.go    maintenance windows
//	step.go      all signals: rules 4, 5, 8, 9, and the core's own signals
//	table.go     the signals, as a persistent table
//	outbox.go    what each channel has still to be told, and how news folds
//	actor.go     the one file that knows of time, mailboxes and the log
//
// What is to be told lives in State until the channel's Receipt arrives. The package
// may import messages and, in actor.go alone, zap.
package core
