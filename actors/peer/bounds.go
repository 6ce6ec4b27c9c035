package peer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"golang.org/x/sync/semaphore"
)

// A peer may answer without end, and many peers may do so at once. The memory is bounded in
// two ways: each answer has its own limit (MaxBytesReader, MaxBytesConn), and all answers larger
// than small together have the limit room (reserve).

const (
	// small is how many bytes of an answer are read without a reservation.
	small = 64 << 10
	// room is how many bytes all large answers may reserve together. With the values that
	// they are parsed into, it fits into the memory limit of 128 MiB.
	room = 16 << 20
)

var large = semaphore.NewWeighted(room)

// errBusy says that a reservation failed: there was no room until the deadline.
var errBusy = errors.New("not read: other large answers were being read all the time")

// reserve waits until there is room for an answer of that many bytes, at most all of it. The
// caller must call release once it needs neither the answer nor anything parsed from it. Further
// calls of release do nothing.
func reserve(ctx context.Context, bytes int64) (release func(), err error) {
	bytes = min(max(bytes, 0), room)
	if err := large.Acquire(ctx, bytes); err != nil {
		if errors.Is(err, context.Canceled) {
			return nil, err
		}
		return nil, errBusy
	}
	return sync.OnceFunc(func() { large.Release(bytes) }), nil
}

// TooLongError is the error that an answer is longer than Limit bytes.
type TooLongError struct{ Limit int64 }

// Error implements error.
func (e *TooLongError) Error() string {
	return fmt.Sprintf("its answer is longer than %s, and is not read further", inBytes(e.Limit))
}

func inBytes(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}

// MaxBytesReader returns a reader of at most limit bytes of r. If there are more, it fails with a
// *TooLongError, while io.LimitReader would end as if that were all.
func MaxBytesReader(r io.Reader, limit int64) io.Reader {
	return &maxBytesReader{r: r, limit: limit, left: limit}
}

type maxBytesReader struct {
	r           io.Reader
	limit, left int64
}

// Read implements io.Reader.
func (c *maxBytesReader) Read(p []byte) (int, error) {
	if c.left < 0 {
		return 0, &TooLongError{c.limit}
	}
	if int64(len(p)) > c.left+1 {
		p = p[:c.left+1]
	}
	n, err := c.r.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return n - 1, &TooLongError{c.limit}
	}
	return n, err
}

// MaxBytesConn returns a connection from which at most limit bytes can be read. Put it above TLS, so
// that it counts plain text.
func MaxBytesConn(conn net.Conn, limit int64) net.Conn {
	return maxBytesConn{conn, MaxBytesReader(conn, limit)}
}

type maxBytesConn struct {
	net.Conn
	bytes io.Reader
}

// Read implements net.Conn.
func (l maxBytesConn) Read(p []byte) (int, error) { return l.bytes.Read(p) }
