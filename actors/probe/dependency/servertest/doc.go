// Package servertest starts the servers that tests of dependencies talk to: real ones
// where the protocol is not ours to imitate (PostgreSQL, Redis), and ones that misbehave
// on purpose. All listen on loopback and stop with their test.
package servertest
