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

// A peer may answer without end, and many peers may do so at once. Three bounds hold the
// sum: each answer has its own (Cut, Limit), the first bytes of every answer are small
// enough to be read at any time, and what is larger shares one room (Reserve).

const (
	// small is how much of an answer is read without a reservation.
	small = 64 << 10
	// room is how many bytes all large answers may take at a time. Together with what
	// they are parsed into this fits a memory limit of 128 MiB, beside everything else.
	room = 16 << 20
)

var large = semaphore.NewWeighted(room)

// ErrBusy is the failure of a reservation.
var ErrBusy = errors.New("not read: other large answers were being read all the time")

// Reserve waits until there is room for an answer of that many bytes. An answer that is
// larger than the whole room has it alone. The caller releases when it holds neither the
// answer nor what was made of it; to release twice does nothing more.
func Reserve(ctx context.Context, bytes int64) (release func(), err error) {
	bytes = min(max(bytes, 0), room)
	if err := large.Acquire(ctx, bytes); err != nil {
		if errors.Is(err, context.Canceled) {
			return nil, err
		}
		return nil, ErrBusy
	}
	return sync.OnceFunc(func() { large.Release(bytes) }), nil
}

// TooLong is the failure to read an answer to its end.
type TooLong struct{ Most int64 }

// Error implements error.
func (e *TooLong) Error() string {
	return fmt.Sprintf("its answer is longer than %s, and is not read further", inBytes(e.Most))
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

// Cut reads a limited number of bytes. If there is one more it fails with a TooLong, so
// that nothing takes a part for the whole.
func Cut(r io.Reader, most int64) io.Reader { return &cut{r: r, most: most, left: most} }

type cut struct {
	r          io.Reader
	most, left int64
}

// Read implements io.Reader.
func (c *cut) Read(p []byte) (int, error) {
	if c.left < 0 {
		return 0, &TooLong{c.most}
	}
	if int64(len(p)) > c.left+1 {
		p = p[:c.left+1]
	}
	n, err := c.r.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return n - 1, &TooLong{c.most}
	}
	return n, err
}

// headBytes is how much of what a peer said first is kept.
const headBytes = 64

// Limited is a connection over which a peer can send a limited number of bytes in all.
type Limited struct {
	net.Conn
	bytes io.Reader

	mu   sync.Mutex
	head []byte
}

// Limit bounds a connection. It belongs above TLS, so that it counts and keeps plain text.
func Limit(conn net.Conn, most int64) *Limited {
	return &Limited{Conn: conn, bytes: Cut(conn, most)}
}

// Read implements net.Conn.
func (l *Limited) Read(p []byte) (int, error) {
	n, err := l.bytes.Read(p)
	l.mu.Lock()
	l.head = append(l.head, p[:min(n, headBytes-len(l.head))]...)
	l.mu.Unlock()
	return n, err
}

// Head is what the peer said first.
func (l *Limited) Head() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.head
}
