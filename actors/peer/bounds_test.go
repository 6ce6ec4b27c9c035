package peer

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"
)

// An answer as long as the limit is complete. One byte more is a TooLongError, however it arrives.
func TestAnAnswerIsCutAtItsBound(t *testing.T) {
	for _, chunked := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.HalfReader, iotest.DataErrReader} {
		whole, err := io.ReadAll(MaxBytesReader(chunked(strings.NewReader("12345678")), 8))
		if err != nil || len(whole) != 8 {
			t.Errorf("8 bytes: got %q, %v", whole, err)
		}
		part, err := io.ReadAll(MaxBytesReader(chunked(strings.NewReader("123456789")), 8))
		var long *TooLongError
		if !errors.As(err, &long) || string(part) != "12345678" {
			t.Errorf("9 bytes: got %q, %v", part, err)
		}
	}
}

// Limit counts the bytes of all reads.
func TestAConnectionIsBoundedInSum(t *testing.T) {
	ours, theirs := net.Pipe()
	defer ours.Close()
	go func() {
		for range 100 {
			_, _ = theirs.Write([]byte("220 mail ESMTP\r\n"))
		}
	}()
	conn := MaxBytesConn(ours, 1<<10)
	n, err := io.Copy(io.Discard, conn)
	if n != 1<<10 || Explain(err, 0).Error() != "its answer is longer than 1 KiB, and is not read further" {
		t.Errorf("it read %d bytes, %v", n, err)
	}
}

// All large answers share one room. A reservation waits until its context ends.
func TestLargeAnswersShareOneRoom(t *testing.T) {
	release, err := reserve(t.Context(), 100*room) // reserves all of it
	if err != nil {
		t.Fatal(err)
	}
	late, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := reserve(late, 1); !errors.Is(err, errBusy) {
		t.Errorf("got %v, want errBusy", err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := reserve(gone, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	release()
	release() // does nothing
	again, err := reserve(t.Context(), room)
	if err != nil {
		t.Fatal(err)
	}
	again()
}

// A small answer needs no reservation. A large one keeps its reservation until it is closed.
func TestASmallAnswerWaitsForNoRoom(t *testing.T) {
	size := small - 1
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(make([]byte, size))
	}))
	defer server.Close()
	client, err := NewClient(Target{URL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	ask := func() (*Answer, error) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		t.Cleanup(cancel)
		a, err := client.Get(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(a.Close)
		body, whole, err := a.Read(4 << 20)
		if err == nil && (!whole || len(body) != size) {
			t.Errorf("got %d of %d bytes", len(body), size)
		}
		return a, err
	}
	release, err := reserve(t.Context(), room)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ask(); err != nil {
		t.Errorf("a small answer: %v", err)
	}
	size = 1 << 20
	if _, err := ask(); !errors.Is(err, errBusy) {
		t.Errorf("a large answer without room: %v", err)
	}
	release()
	a, err := ask()
	if err != nil {
		t.Errorf("a large answer: %v", err)
	}
	if large.TryAcquire(room) {
		t.Error("a large answer has no reservation")
	}
	a.Close()
	if !large.TryAcquire(room) {
		t.Fatal("a closed answer keeps its reservation")
	}
	large.Release(room)
}

// IsLocal is true for a failed reservation and for missing file descriptors, and false for failures of
// the peer.
func TestAFailureOfOurOwn(t *testing.T) {
	dial := func(err error) error {
		return AtStep("connect", Explain(&net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("socket", err)}, 0))
	}
	for err, want := range map[error]bool{
		AtStep("body", errBusy):  true,
		dial(syscall.EMFILE):     true,
		dial(syscall.ENFILE):     true,
		dial(syscall.ECONNRESET): false,
		AtStep("resolve", Explain(&net.DNSError{Err: "dial udp 10.0.0.2:53: socket: too many open files", Name: "db"}, 0)): true,
		AtStep("resolve", Explain(&net.DNSError{Err: "no such host", Name: "db", IsNotFound: true}, 0)):                    false,
	} {
		if IsLocal(err) != want {
			t.Errorf("%v: IsLocal is %t", err, !want)
		}
	}
}
