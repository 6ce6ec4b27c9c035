// Package operate executes what people ask the running daemon for, over the control socket or in
// the chat: status, ack, silence, unsilence, charts. It finds the signals that are meant, sends the
// request to the core, and words the outcome. It changes only what the watchdog tells.
package operate
