// Package servertest starts servers for the tests of dependencies: real ones (PostgreSQL, MariaDB,
// Redis), and ones that fail on purpose. All listen on loopback and stop with their test.
package servertest
