package servertest

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Listen serves each connection with handle and returns the address. A connection is closed when
// handle returns or the test ends.
func Listen(t testing.TB, handle func(net.Conn)) string {
	t.Helper()
	l, ctx := listen(t), t.Context()
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
				handle(conn)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		wg.Wait()
	})
	return l.Addr().String()
}

// Refusing returns an address on which nothing listens.
func Refusing(t testing.TB) string {
	t.Helper()
	l := listen(t)
	defer l.Close()
	return l.Addr().String()
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	var config net.ListenConfig
	l, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Swallow reads until the connection ends, and sends nothing.
func Swallow(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

// Reset returns a handler that sends text after the first read, and then resets the connection.
// Without a text it resets at once.
func Reset(text string) func(net.Conn) {
	return func(conn net.Conn) {
		if text != "" {
			first(conn)
			_, _ = conn.Write([]byte(text))
		}
		if c, ok := conn.(*net.TCPConn); ok {
			_ = c.SetLinger(0)
		}
	}
}

// Say returns a handler that sends text after the first read, and then reads for ever.
func Say(text string) func(net.Conn) {
	return func(conn net.Conn) {
		first(conn)
		_, _ = conn.Write([]byte(text))
		Swallow(conn)
	}
}

// Endless returns a handler that, after the first read, sends start and then text for ever.
func Endless(start, text string) func(net.Conn) {
	return func(conn net.Conn) {
		first(conn)
		_, err := conn.Write([]byte(start))
		for block := []byte(strings.Repeat(text, 1000)); err == nil; {
			_, err = conn.Write(block)
		}
	}
}

// Drip returns a handler that, after the first read, sends start and then a byte per interval for
// ever.
func Drip(start string, every time.Duration) func(net.Conn) {
	return func(conn net.Conn) {
		first(conn)
		_, err := conn.Write([]byte(start))
		tick := time.NewTicker(every)
		defer tick.Stop()
		for ; err == nil; <-tick.C {
			_, err = conn.Write([]byte("x"))
		}
	}
}

func first(conn net.Conn) { _, _ = conn.Read(make([]byte, 4096)) }

// BlackHole returns an address that never answers: its listen queue is full, so the kernel drops
// new connections.
func BlackHole(t testing.TB) string {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(fd), "listener")
	t.Cleanup(func() { _ = file.Close() })
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), unix.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	at := net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: name.(*unix.SockaddrInet4).Port}
	dialer := net.Dialer{Timeout: 100 * time.Millisecond}
	for range 10 {
		conn, err := dialer.DialContext(t.Context(), "tcp", at.String())
		if err != nil {
			return at.String()
		}
		t.Cleanup(func() { _ = conn.Close() })
	}
	t.Skip("the kernel accepts connections beyond the listen queue")
	return ""
}
