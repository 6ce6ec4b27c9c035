package control

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"golang.org/x/sys/unix"
)

var names atomic.Int64

// freeName returns an unused abstract name.
func freeName() string { return fmt.Sprintf("@watchdog-test-%d-%d", os.Getpid(), names.Add(1)) }

// serve runs an actor with the commands echo and panic until the test ends.
func serve(t *testing.T, name string) *observer.ObservedLogs {
	t.Helper()
	level, logged := observer.New(zap.InfoLevel)
	actor := New(Options{Name: name, Log: zap.New(level), Count: func(string, string, string) {}, Commands: map[string]Handler{
		"echo": func(_ context.Context, r Request) Answer {
			return Answer{Output: r.By + " " + strings.Join(r.Args, ","), Problem: "so", Code: 1}
		},
		"panic": func(context.Context, Request) Answer { panic("boom") },
	}})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- actor.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
	})
	until(t, func() bool { return dialled(name) || logged.Len() > 0 })
	return logged
}

func dialled(name string) bool {
	conn, err := net.Dial("unix", name)
	if err == nil {
		_ = conn.Close()
	}
	return err == nil
}

func until(t *testing.T, holds func() bool) {
	t.Helper()
	for limit := time.Now().Add(20 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("the condition did not become true")
		}
	}
}

func ask(t *testing.T, name, command string, args ...string) (Answer, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	return Ask(ctx, name, Request{Command: command, Args: args})
}

// The answer has the output and the exit code of the command. The command knows who asks.
func TestACommandIsAnswered(t *testing.T) {
	name := freeName()
	logged := serve(t, name)
	want := Answer{Output: nameOf(uint32(os.Geteuid())) + " a,b c", Problem: "so", Code: 1}
	if got, err := ask(t, name, "echo", "a", "b c"); err != nil || got != want {
		t.Errorf("got %+v (%v), want %+v", got, err, want)
	}
	if got, err := ask(t, name, "dance"); err != nil || got.Code != 2 || !strings.Contains(got.Problem, `no command "dance"`) {
		t.Errorf("got %+v (%v)", got, err)
	}
	if commands := logged.FilterMessage("command").All(); len(commands) != 1 || commands[0].ContextMap()["outcome"] != "failed" {
		t.Errorf("got %v", commands)
	}
}

// A panic of a handler ends only its own connection.
func TestAPanicIsOneConnection(t *testing.T) {
	name := freeName()
	serve(t, name)
	if _, err := ask(t, name, "panic"); err == nil {
		t.Error("a panic was answered")
	}
	if _, err := ask(t, name, "echo"); err != nil {
		t.Errorf("after a panic: %v", err)
	}
}

// If nobody listens, the error has the name.
func TestNobodyListens(t *testing.T) {
	name := freeName()
	if _, err := ask(t, name, "echo"); !errors.Is(err, ErrNobody) || !strings.Contains(err.Error(), name) {
		t.Errorf("got %v", err)
	}
}

// A name that is in use is a warning, and does not end the actor.
func TestANameThatIsTaken(t *testing.T) {
	name := freeName()
	taken, err := net.Listen("unix", name)
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	level, logged := observer.New(zap.InfoLevel)
	actor := New(Options{Name: name, Log: zap.New(level)})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- actor.Serve(ctx) }()
	until(t, func() bool { return logged.FilterMessage("config_warning").Len() == 1 })
	if detail := logged.All()[0].ContextMap()["detail"]; !strings.Contains(fmt.Sprint(detail), "is taken") {
		t.Errorf("got %v", detail)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// Garbage, half a request and clients that never read do not block other clients.
func TestBadClientsBlockNobody(t *testing.T) {
	name := freeName()
	serve(t, name)
	for _, said := range []string{"", "\x00\xff garbage\r\n\r\n", "POST /command HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{", strings.Repeat("x", 1<<20)} {
		conn, err := net.Dial("unix", name)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = conn.Write([]byte(said))
	}
	if _, err := ask(t, name, "echo", strings.Repeat("y", 2*maxRequest)); err != nil {
		t.Errorf("a request that is too long: %v", err)
	}
	if got, err := ask(t, name, "echo"); err != nil || got.Code != 1 {
		t.Errorf("got %+v (%v)", got, err)
	}
}

// asUser calls do on a thread of another user. The thread ends after it.
func asUser(t *testing.T, uid uintptr, do func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: only root can become another user")
	}
	done := make(chan unix.Errno)
	go func() {
		runtime.LockOSThread() // never unlocked, so that no other goroutine gets the thread
		_, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, ^uintptr(0), uid, ^uintptr(0))
		if errno == 0 {
			do()
		}
		done <- errno
	}()
	if errno := <-done; errno != 0 {
		t.Fatal(errno)
	}
}

// Another user is refused with a line that says who may ask, at each try.
func TestAnotherUserIsRefused(t *testing.T) {
	name := freeName()
	serve(t, name)
	for _, uid := range []uintptr{12345, uintptr(overflow())} {
		for range 100 {
			var said []byte
			asUser(t, uid, func() { said = rawRequest(name) })
			if !strings.Contains(string(said), "403 Forbidden") || !strings.Contains(string(said), "only root and the daemon's own user") {
				t.Fatalf("uid %d got %q", uid, said)
			}
		}
	}
}

// rawRequest sends a request from this thread, since a connection has the user of its thread.
func rawRequest(name string) []byte {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	file := os.NewFile(uintptr(fd), name)
	defer file.Close()
	if err := unix.Connect(fd, &unix.SockaddrUnix{Name: name}); err != nil {
		return nil
	}
	_, _ = file.WriteString("POST /command HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 18\r\n\r\n{\"command\":\"echo\"}")
	said, _ := io.ReadAll(file)
	return said
}

// A server of another user gets no request.
func TestAStrangerIsNotAsked(t *testing.T) {
	name := freeName()
	fd := -1
	asUser(t, uintptr(overflow()), func() {
		fd, _ = unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		_ = unix.Bind(fd, &unix.SockaddrUnix{Name: name})
		_ = unix.Listen(fd, 10)
	})
	defer unix.Close(fd)
	if _, err := ask(t, name, "echo"); err == nil || !strings.Contains(err.Error(), "is not asked") {
		t.Errorf("got %v", err)
	}
}

// A user is root or a number.
func TestNamesOfUsers(t *testing.T) {
	if got := []string{nameOf(0), nameOf(65532)}; !slices.Equal(got, []string{"root", "uid 65532"}) {
		t.Errorf("got %v", got)
	}
}
