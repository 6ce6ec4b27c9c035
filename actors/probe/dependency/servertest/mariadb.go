package servertest

import (
	"crypto/tls"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// mariadb is the path of Debian's server.
const mariadb = "/usr/sbin/mariadbd"

// MariaDB starts a server with TLS for at most ten clients, and returns its address. Its users
// "watch", "edward" (with the plugin ed25519) and "vault" (over TLS only) have the password.
func MariaDB(t testing.TB, password string, c tls.Certificate) string {
	t.Helper()
	needs(t, mariadb, "mariadb-server")
	dir, as := ownDir(t, "mysql")
	cert, key := writePair(t, dir, c)
	setup := filepath.Join(dir, "setup.sql")
	write(t, setup, fmt.Appendf(nil, `INSTALL SONAME 'auth_ed25519';
CREATE USER 'watch'@'%%' IDENTIFIED BY '%[1]s';
CREATE USER 'vault'@'%%' IDENTIFIED BY '%[1]s' REQUIRE SSL;
CREATE USER 'edward'@'%%' IDENTIFIED VIA ed25519 USING PASSWORD('%[1]s');
`, password))
	own(t, as, cert, key, setup)

	data := filepath.Join(dir, "data")
	cmd := exec.CommandContext(t.Context(), "mariadb-install-db", "--no-defaults", "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db")
	cmd.Dir, cmd.SysProcAttr = dir, &syscall.SysProcAttr{Credential: as}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("mariadb-install-db: %v\n%s", err, out)
	}
	port := freePort(t)
	daemon(t, "ready for connections", as, dir, mariadb, "--no-defaults", "--datadir="+data, "--init-file="+setup,
		"--bind-address=127.0.0.1", "--port="+port, "--socket="+filepath.Join(dir, "socket"), "--skip-name-resolve", "--max-connections=10",
		"--innodb-buffer-pool-size=8M", "--innodb-flush-log-at-trx-commit=0", "--ssl-cert="+cert, "--ssl-key="+key)
	return net.JoinHostPort("127.0.0.1", port)
}
