package servertest

import (
	"crypto/tls"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// postgresBin is the folder of Debian's server programs.
const postgresBin = "/usr/lib/postgresql/15/bin"

// Postgres starts a server with TLS whose user "watch" has the password, and returns its address.
func Postgres(t testing.TB, password string, c tls.Certificate) string {
	t.Helper()
	initdb, postgres := filepath.Join(postgresBin, "initdb"), filepath.Join(postgresBin, "postgres")
	needs(t, postgres, "postgresql-15")
	dir, as := ownDir(t, "postgres")
	data, passwords := filepath.Join(dir, "data"), filepath.Join(dir, "password")
	write(t, passwords, []byte(password))
	cert, key := writePair(t, dir, c)
	own(t, as, passwords, cert, key)

	// The server refuses to run as root. Its files need not survive the test, hence -N.
	cmd := exec.CommandContext(t.Context(), initdb, "-D", data, "-U", "watch", "-A", "scram-sha-256", "--pwfile", passwords, "-N", "--locale=C", "-E", "UTF8")
	cmd.Dir, cmd.SysProcAttr = dir, &syscall.SysProcAttr{Credential: as}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	port := freePort(t)
	daemon(t, "ready to accept connections", as, dir, postgres, "-D", data, "-p", port,
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="+dir, "-c", "fsync=off", "-c", "max_connections=10",
		"-c", "ssl=on", "-c", "ssl_cert_file="+cert, "-c", "ssl_key_file="+key)
	return net.JoinHostPort("127.0.0.1", port)
}

// ownDir creates a folder for a server. If the tests run as root, the folder belongs to the
// server's own user, which Debian's package creates, and the server must run as the returned
// credential.
func ownDir(t testing.TB, name string) (string, *syscall.Credential) {
	t.Helper()
	if os.Getuid() != 0 {
		return t.TempDir(), nil
	}
	account, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	uid, errUID := strconv.ParseUint(account.Uid, 10, 32)
	gid, errGID := strconv.ParseUint(account.Gid, 10, 32)
	if errUID != nil || errGID != nil {
		t.Fatalf("the ids of the user %s are %s and %s", name, account.Uid, account.Gid)
	}
	as := &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	dir, err := os.MkdirTemp("", "watchdog-"+name+"-") // only root may enter the parent of t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	own(t, as, dir)
	return dir, as
}

func own(t testing.TB, as *syscall.Credential, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if as == nil {
			return
		}
		if err := os.Chown(path, int(as.Uid), int(as.Gid)); err != nil {
			t.Fatal(err)
		}
	}
}
