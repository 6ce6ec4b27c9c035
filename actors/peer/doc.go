// Package peer is the one layer through which the watchdog talks to servers over TCP,
// TLS and HTTP. Probes, witnesses, the heartbeat and the channels of delivery all use it,
// so that one URL gets one verdict, in the same words, whoever asks.
//
//	tls.go          TLS settings, the files they name, and the loaded Trust
//	handshake.go    the handshake; a server that asks for a client certificate
//	certificates.go why crypto/tls does not trust a certificate, in words
//	dial.go         resolve and connect, with international names
//	transport.go    the http.Transport that everybody uses
//	client.go       one GET of a probe: redirects, and where credentials may go
//	answer.go       status, headers and body of an answer: decoded, bounded, cleaned
//	encoding.go     gzip and deflate, also where nobody asked for them
//	bounds.go       how much is read of one answer, and of all together
//	words.go        errors of the network in plain words
//	line.go         text of a peer as one bounded line
//
// It may import messages/secret alone. It holds no goroutines of its own and no state
// between two requests, but for the room that large answers share.
package peer
