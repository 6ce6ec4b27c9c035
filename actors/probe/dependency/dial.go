package dependency

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// dial resolves and connects, as two steps. Of several addresses each gets its share
// of the timeout, so that one that swallows packets does not hide the others.
func (t *trial) dial(ctx context.Context, addr string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, at("connect", err)
	}
	addresses, err := t.resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	var conn net.Conn
	for _, address := range addresses {
		conn, err = connect(ctx, "tcp", net.JoinHostPort(address, port), t.timeout/time.Duration(len(addresses)))
		if err == nil {
			t.done("connect")
			return conn, nil
		}
	}
	return nil, t.failed("connect", err)
}

// resolve gives the addresses of a host; one that is an address is not looked up.
func (t *trial) resolve(ctx context.Context, host string) ([]string, error) {
	if _, err := netip.ParseAddr(host); err == nil {
		return []string{host}, nil
	}
	addresses, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		return nil, t.failed("resolve", err)
	}
	t.done("resolve")
	return addresses, nil
}

// connect tries one address for so long at most.
func connect(ctx context.Context, network, address string, limit time.Duration) (net.Conn, error) {
	dialer := net.Dialer{
		Timeout:   limit,
		KeepAlive: -1, // a connection lives for one check
	}
	return dialer.DialContext(ctx, network, address)
}

// interrupt ends what waits on the connection when the context ends. It costs no
// goroutine until then. The caller calls stop when it is done with the connection.
func interrupt(ctx context.Context, conn net.Conn) (stop func() bool) {
	return context.AfterFunc(ctx, func() {
		_ = conn.SetDeadline(time.Unix(1, 0)) // it can only fail on a closed one, which waits no more
	})
}
