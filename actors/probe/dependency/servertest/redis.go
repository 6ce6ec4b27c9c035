package servertest

import (
	"crypto/tls"
	"net"
	"testing"
)

// Redis starts a server with a password, and returns its addresses without and with TLS. more
// are further arguments of redis-server.
func Redis(t testing.TB, password string, c tls.Certificate, more ...string) (plain, secured string) {
	t.Helper()
	needs(t, "redis-server", "redis-server")
	dir := t.TempDir()
	cert, key := writePair(t, dir, c)
	port, tlsPort := freePort(t), freePort(t)
	arguments := append([]string{
		"--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no", "--requirepass", password,
		"--tls-port", tlsPort, "--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", cert, "--tls-auth-clients", "no",
	}, more...)
	daemon(t, "Ready to accept connections", nil, dir, "redis-server", arguments...)
	return net.JoinHostPort("127.0.0.1", port), net.JoinHostPort("127.0.0.1", tlsPort)
}
