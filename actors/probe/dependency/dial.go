package dependency

import (
	"context"
	"net"
	"time"

	"orchestrator-watchdog/actors/peer"
)

// dial resolves and connects, and records both as steps.
func (t *trial) dial(ctx context.Context, addr string) (net.Conn, error) {
	return peer.Dial(ctx, addr, t.trace)
}

// interrupt fails the reads and writes of a connection when the context ends. It starts no
// goroutine before that. The caller calls stop when it no longer uses the connection.
func interrupt(ctx context.Context, conn net.Conn) (stop func() bool) {
	return context.AfterFunc(ctx, func() {
		_ = conn.SetDeadline(time.Unix(1, 0)) // fails only if the connection is closed
	})
}
