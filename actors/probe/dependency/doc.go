// Package dependency contains the probes of the services that the orchestrator depends on.
// Each probe checks one dependency of one kind. It observes whether the dependency answers
// correctly (dep_down), whether it is slow (dep_slow, if a limit is set) and how much of its
// certificate's lifetime is left (dep_cert, with TLS). Details name the step that failed and
// the duration of each step.
//
// Every check opens a new connection and closes it. So it sees what a new client sees, and a
// thousand idle probes hold no socket and no buffer.
//
// Connections, TLS, HTTP and their error texts come from actors/peer. The package may also
// import config/field, messages, messages/secret, actors/probe, pgconn and the MySQL driver.
package dependency
