package servertest

import (
	"crypto/tls"
	"net"
	"testing"
)

// Redis starts a server that asks for a password, and gives its addresses without and with TLS.
func Redis(t testing.TB, password string, c tls.Certificate) (plain, secured string) {
	t.Helper()
	needs(t, "redis-server", "redis-server")
	dir := t.TempDir()
	cert, key := writePair(t, dir, c)
	port, tlsPort := freePort(t), freePort(t)
	daemon(t, "Ready to accept connections", nil, dir, "redis-server",
		"--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no", "--requirepass", password,
		"--tls-port", tlsPort, "--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", cert, "--tls-auth-clients", "no")
	return net.JoinHostPort("127.0.0.1", port), net.JoinHostPort("127.0.0.1", tlsPort)
}
