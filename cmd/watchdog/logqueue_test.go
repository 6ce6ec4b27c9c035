package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
)

// hanging is an output that blocks until the channel is closed.
type hanging struct {
	bytes.Buffer
	let chan struct{}
}

func (h *hanging) Write(line []byte) (int, error) {
	<-h.let
	return h.Buffer.Write(line)
}

// A blocked output does not block writers. Lines that don't fit into the queue are counted, and the
// count is written after those that fit.
func TestAnOutputThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &hanging{let: make(chan struct{})}
		q := newLineQueue(out)
		defer close(q.waiting) // ends the goroutine of the queue
		for i := range maxWaiting + 101 {
			fmt.Fprintf(q, "line %d\n", i)
			synctest.Wait() // the first line is being written
		}
		began := time.Now()
		q.flush(time.Second)
		if took := time.Since(began); took != time.Second {
			t.Errorf("the flush took %s", took)
		}
		close(out.let)
		q.flush(time.Second)
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if n := len(lines); n != maxWaiting+2 || lines[n-2] != fmt.Sprintf("line %d", maxWaiting) {
			t.Fatalf("%d lines, the last ones %q", n, lines[max(0, n-2):])
		}
		if last := lines[len(lines)-1]; !strings.Contains(last, `"msg":"log_dropped","actor":"log","lines":100`) {
			t.Errorf("the last line is %s", last)
		}
	})
}

// A log that nobody reads does not affect the daemon: it tells what breaks, and stops in time.
func TestALogThatNobodyReads(t *testing.T) {
	t.Parallel()
	orch, api := newOrchestrator(t), chat(t)
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	const page = 4096
	if _, err := unix.FcntlInt(writer.Fd(), unix.F_SETPIPE_SZ, page); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("watchdog")
	cmd.Env = append([]string{
		"WATCHDOG_TICK=10ms", "WATCHDOG_LOG_OBSERVATIONS=all", "WATCHDOG_LISTEN=off", "WATCHDOG_HOST_ENABLED=false", "WATCHDOG_DOCKER_HOST=off",
		"WATCHDOG_ORCH_URL=" + orch.URL,
	}, telegramSettings(api)...)
	cmd.Stdout = writer
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill() }()
	_ = writer.Close()
	for limit := time.Now().Add(20 * time.Second); full(t, reader) < page-500; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("the log contains %d bytes", full(t, reader))
		}
	}
	orch.answers(failing)
	find(t, api, "ALERT orch_down")
	_ = cmd.Process.Signal(syscall.SIGTERM)
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitWell {
		t.Errorf("exit code %d", code)
	}
	if _, err := io.Copy(io.Discard, reader); err != nil {
		t.Error(err)
	}
}

// full returns how many bytes wait in a pipe.
func full(t *testing.T, pipe *os.File) int {
	t.Helper()
	n, err := unix.IoctlGetInt(int(pipe.Fd()), unix.TIOCINQ)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
