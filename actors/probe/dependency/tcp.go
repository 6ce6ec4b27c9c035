package dependency

import (
	"context"
	"net"
)

// NewTCP makes a probe that opens a connection to addr (host:port) and closes it.
func NewTCP(o Options, addr string) *Probe {
	return &Probe{Options: o, check: func(ctx context.Context, s *steps) error {
		conn, err := dial(ctx, s, addr, o)
		if err != nil {
			return err
		}
		return conn.Close()
	}}
}

// dial resolves and connects, as two steps.
func dial(ctx context.Context, s *steps, addr string, o Options) (net.Conn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, at("connect", err)
	}
	addresses := []string{host}
	if net.ParseIP(host) == nil {
		if addresses, err = net.DefaultResolver.LookupHost(ctx, host); err != nil {
			return nil, at("resolve", plain(err, o.Timeout))
		}
		s.done("resolve")
	}
	var dialer net.Dialer
	var conn net.Conn
	for _, address := range addresses {
		if conn, err = dialer.DialContext(ctx, "tcp", net.JoinHostPort(address, port)); err == nil {
			s.done("connect")
			return conn, nil
		}
	}
	return nil, at("connect", plain(err, o.Timeout))
}
