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

// credentialsOf are the process and the user at the other end of a connection: for a client
// those who listen.
func credentialsOf(conn net.Conn) (*unix.Ucred, error) {
	unixConn, ok := conn.(*net.UnixConn)
	if !ok {
		return nil, errors.New("no Unix socket")
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

// overflow is the user ID that stands for every user without one in this user namespace.
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

// trusted reports whether a user may ask, or answer: root and our own.
func trusted(uid uint32) bool {
	return (uid == 0 || int(uid) == os.Geteuid()) && uid != overflow()
}

// trustedServer reports whether the answers of a listener may be believed: those of root, of
// our own user and, for root, those of a process that runs this very program.
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

// nameOf is what a user is called in logs and answers. An image FROM scratch has no
// list of users, so it is root or a number.
func nameOf(uid uint32) string {
	if uid == 0 {
		return "root"
	}
	return fmt.Sprintf("uid %d", uid)
}
