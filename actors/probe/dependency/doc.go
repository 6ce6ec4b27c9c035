// Package dependency holds the probes of what the orchestrator depends on: one per
// dependency, of one kind each. A probe says whether it answers as it should
// (dep_down), how fast (dep_slow, where that is asked for) and how long its
// certificate lasts (dep_cert, where TLS is seen), and which step failed with how long
// each step took.
//
// Every check uses a connection of its own and keeps nothing open, so it sees what a
// new client sees, and a thousand idle probes hold no socket and no buffer.
//
//	dependency.go  Spec, New, Observe: what all kinds share
//	kinds.go       the table of kinds, and what each has to be
//	judge.go       the observations made of a check
//	trial.go       one check under way: its steps, timed, and the certificates it saw
//	lifetime.go    how long a certificate lasts, by its share of life left
//	http.go        a kind: its settings, and its check, a GET by actors/peer
//	answer.go      what the answer must be: status, text, JSON fields
//	tcp.go tls.go dns.go postgres.go mysql.go redis.go    the other kinds
//	mysqlpackets.go    what the driver of MySQL gets to read
//
// Connections, TLS, HTTP and the words of their errors are those of actors/peer. It may
// also import config/field, messages, messages/secret, actors/probe, pgconn and the driver of MySQL.
package dependency
