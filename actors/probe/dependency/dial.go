package dependency

import (
	"context"
	"net"

	"orchestrator-watchdog/actors/peer"
)

// dial resolves and connects, and records both as steps.
func (t *trial) dial(ctx context.Context, addr string) (net.Conn, error) {
	return peer.Dial(ctx, addr, t.trace)
}
