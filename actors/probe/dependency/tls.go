package dependency

import (
	"context"

	"orchestrator-watchdog/actors/peer"
)

// TLS is a dependency that speaks TLS; what it says inside does not matter.
type TLS struct {
	Addr string // host:port
	TLS  peer.TLS
}

func newTLS(d TLS) (check, bool, error) {
	if err := checkAddr(d.Addr); err != nil {
		return nil, false, err
	}
	trust, err := d.TLS.Load()
	if err != nil {
		return nil, false, err
	}
	return func(ctx context.Context, t *trial) error {
		conn, err := t.dial(ctx, d.Addr)
		if err != nil {
			return err
		}
		defer conn.Close()
		secured, err := peer.Handshake(ctx, conn, trust, hostOf(d.Addr), t.trace)
		if err != nil {
			return err
		}
		return peer.Settle(ctx, secured, t.trace)
	}, true, nil
}
