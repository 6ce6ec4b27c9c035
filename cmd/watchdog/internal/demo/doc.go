// Package demo is the film of `watchdog demo`: the real watchdog, assembled as the daemon
// is, between an orchestrator and a Bot API that are stand-ins. The film checks itself: what
// is told otherwise than the script says ends it with an error.
package demo
