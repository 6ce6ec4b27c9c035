// Package dependency holds the probes of what the orchestrator depends on: one per
// dependency, of one kind each. A probe says whether it answers as it should
// (dep_down), how fast (dep_slow, where that is asked for) and how long its
// certificate lasts (dep_cert, where TLS is seen), and which step failed with how long
// each step took.
//
// Every check uses a connection of its own and keeps nothing open, so it sees what a
// new client sees, and a thousand idle probes hold no socket and no buffer.
//
// Connections, TLS, HTTP and the words of their errors are those of actors/peer. It may
// also import config/field, messages, messages/secret, actors/probe, pgconn and the driver of MySQL.
package dependency
