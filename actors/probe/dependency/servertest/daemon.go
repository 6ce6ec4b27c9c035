package servertest

import (
	"bufio"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// needs skips the test if a program is missing; on CI it fails the test.
func needs(t testing.TB, program, debianPackage string) {
	t.Helper()
	if testing.Short() {
		t.Skip("SKIPPED: -short")
	}
	_, err := exec.LookPath(program)
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatalf("%s is missing: install Debian's %s", program, debianPackage)
	default:
		t.Skipf("%s is missing: install Debian's %s to run this test", program, debianPackage)
	}
}

// startup is how long a program may take to become ready.
const startup = 30 * time.Second

// daemon starts a program, waits until a line of its output contains ready, and stops it at the
// end of the test. The program also dies with the test's process.
func daemon(t testing.TB, ready string, as *syscall.Credential, dir, program string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	reader, writer := io.Pipe()
	cmd.Stdout, cmd.Stderr = writer, writer
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = writer.CloseWithError(cmd.Wait())
	}()
	t.Cleanup(func() { <-ended })
	giveUp := time.AfterFunc(startup, func() { _ = cmd.Process.Kill() })
	defer giveUp.Stop()
	if said := awaitLine(reader, ready); said != "" {
		t.Fatalf("%s ended before it was ready; it said:\n%s", program, said)
	}
}

// awaitLine reads until a line contains text, and then discards further output in the background
// so that the program never blocks. If the output ends first, it returns all of it.
func awaitLine(output io.Reader, text string) (said string) {
	lines := bufio.NewReader(output)
	var all strings.Builder
	for {
		line, err := lines.ReadString('\n')
		all.WriteString(line)
		if strings.Contains(line, text) {
			go func() { _, _ = io.Copy(io.Discard, lines) }()
			return ""
		}
		if err != nil {
			return all.String()
		}
	}
}

// freePort returns a loopback port on which nothing listens.
func freePort(t testing.TB) string {
	t.Helper()
	_, port, err := net.SplitHostPort(Refusing(t))
	if err != nil {
		t.Fatal(err)
	}
	return port
}
