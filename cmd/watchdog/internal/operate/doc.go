// Package operate does what an operator asks the running daemon for: status, ack, silence,
// silences and unsilence. It finds the signals that are meant, puts the request to the core,
// and words what came of it. It changes only what the watchdog tells.
package operate
