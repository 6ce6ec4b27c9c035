// Package peer is the layer through which the watchdog connects to servers over TCP, TLS and
// HTTP. Probes, witnesses, the heartbeat and the channels all use it, so that a failure of a
// server has the same words everywhere.
//
// It may import messages/secret and config/field. It starts no goroutines, and keeps no state
// between requests except the reservations of large answers.
package peer
