package dependency

import (
	"context"
	"fmt"
	"net"
)

// TCP is a dependency that takes connections.
type TCP struct{ Addr string } // host:port

// newTCP makes a check that opens a connection and closes it.
func newTCP(d TCP) (check, bool, error) {
	if err := checkAddr(d.Addr); err != nil {
		return nil, false, err
	}
	return func(ctx context.Context, t *trial) error {
		conn, err := t.dial(ctx, d.Addr)
		if err != nil {
			return err
		}
		_ = conn.Close() // it was opened: that is all we asked for
		return nil
	}, false, nil
}

func checkAddr(addr string) error {
	if host, port, err := net.SplitHostPort(addr); err != nil || host == "" || port == "" {
		return fmt.Errorf("its addr %q is no host:port", addr)
	}
	return nil
}

// hostOf is the host of an address that was checked.
func hostOf(addr string) string {
	host, _, _ := net.SplitHostPort(addr)
	return host
}
