// Package demo is the film of `watchdog demo`: the real watchdog, assembled like the daemon,
// with a fake orchestrator and a fake Bot API. The film checks itself: it ends with an error if
// the messages differ from the script.
package demo
