// Package peer is the one layer through which the watchdog talks to servers over TCP,
// TLS and HTTP. Probes, witnesses, the heartbeat and the channels of delivery all use it,
// so that one URL gets one verdict, in the same words, from every probe.
//
// It may import messages/secret alone. It holds no goroutines of its own and no state
// between two requests, but for the room that large answers share.
package peer
