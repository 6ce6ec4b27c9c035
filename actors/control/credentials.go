package control

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// credentialsOf returns the process and the user of the peer. For a client that is the process
// that called listen.
func credentialsOf(conn net.Conn) (*unix.Ucred, error) {
	unixConn, ok := conn.(*net.UnixConn)
	if !ok {
		return nil, errors.New("not a Unix socket")
	}
	raw, err := unixConn.SyscallConn()
	if err != nil {
		return nil, err
	}
	var cred *unix.Ucred
	var errCred error
	if err := raw.Control(func(fd uintptr) {
		cred, errCred = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil {
		return nil, err
	}
	return cred, errCred
}

// overflow returns the user ID that stands for all users without one in this user namespace.
func overflow() uint32 {
	const usual = 65534
	text, err := os.ReadFile("/proc/sys/kernel/overflowuid")
	if err != nil {
		return usual
	}
	id, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 32)
	if err != nil {
		return usual
	}
	return uint32(id)
}

// trusted reports whether the user is root or our own.
func trusted(uid uint32) bool {
	return (uid == 0 || int(uid) == os.Geteuid()) && uid != overflow()
}

// trustedServer reports whether the server is trusted: its user is, or this process is root and
// the server runs the same program.
func trustedServer(cred *unix.Ucred) bool {
	return trusted(cred.Uid) || os.Geteuid() == 0 && cred.Uid != overflow() && sameProgram(cred.Pid)
}

func sameProgram(pid int32) bool {
	ours, err := os.Stat("/proc/self/exe")
	if err != nil {
		return false
	}
	theirs, err := os.Stat(fmt.Sprintf("/proc/%d/exe", pid))
	return err == nil && os.SameFile(ours, theirs)
}

// nameOf returns the name of a user for logs and answers. It is root or a number, since an image
// FROM scratch has no list of users.
func nameOf(uid uint32) string {
	if uid == 0 {
		return "root"
	}
	return fmt.Sprintf("uid %d", uid)
}
