package dependency

import "context"

// TLS is a dependency that speaks TLS; what it says inside does not matter.
type TLS struct {
	Addr  string // host:port
	Trust Trust
}

func newTLS(d TLS) (check, bool, error) {
	if err := checkAddr(d.Addr); err != nil {
		return nil, false, err
	}
	v, err := d.Trust.verification(hostOf(d.Addr))
	if err != nil {
		return nil, false, err
	}
	return func(ctx context.Context, t *trial) error {
		conn, err := t.dial(ctx, d.Addr)
		if err != nil {
			return err
		}
		defer conn.Close()
		_, err = t.handshake(ctx, conn, v)
		return err
	}, true, nil
}
