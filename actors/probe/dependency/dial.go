package dependency

import (
	"context"
	"net"
	"time"

	"orchestrator-watchdog/actors/peer"
)

// dial resolves and connects, as two steps.
func (t *trial) dial(ctx context.Context, addr string) (net.Conn, error) {
	return peer.Dial(ctx, addr, t.trace)
}

// interrupt ends what waits on the connection when the context ends. It costs no
// goroutine until then. The caller calls stop when it is done with the connection.
func interrupt(ctx context.Context, conn net.Conn) (stop func() bool) {
	return context.AfterFunc(ctx, func() {
		_ = conn.SetDeadline(time.Unix(1, 0)) // it can only fail on a closed one, which waits no more
	})
}
