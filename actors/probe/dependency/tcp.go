package dependency

import (
	"context"
	"errors"
	"fmt"
	"net"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/config/field"
)

var tcpKind = field.Kind{
	Name: "tcp", New: func() field.Settings { return new(TCP) }, Form: `tcp: {addr: "db:5432"}`, Keys: "addr",
	Examples: []string{`{name: mail, tcp: {addr: "mail:25"}, interval: 1m}`},
}

// TCP is a dependency that must accept connections.
type TCP struct{ Addr string } // host:port

// Fields implements field.Settings.
func (d *TCP) Fields() []field.Field {
	return []field.Field{field.Of("addr", &d.Addr, field.HostPort)}
}

// Check implements field.Settings.
func (d *TCP) Check() []error { return missing("tcp needs an addr", d.Addr) }

// String implements field.Settings.
func (d *TCP) String() string { return "tcp " + d.Addr }

// newCheck implements Target: the check opens a connection and closes it.
func (d *TCP) newCheck(Spec) (check, error) {
	if err := checkAddr(d.Addr); err != nil {
		return check{}, err
	}
	return check{run: func(ctx context.Context, t *trial) error {
		conn, err := peer.Dial(ctx, d.Addr, t.trace)
		if err != nil {
			return err
		}
		_ = conn.Close()
		return nil
	}}, nil
}

// missing returns the problem if a setting is empty.
func missing(problem, set string) []error {
	if set != "" {
		return nil
	}
	return []error{errors.New(problem)}
}

func checkAddr(addr string) error {
	if host, port, err := net.SplitHostPort(addr); err != nil || host == "" || port == "" {
		return fmt.Errorf("its addr %q is not a host:port", addr)
	}
	return nil
}

// hostOf returns the host of a valid host:port.
func hostOf(addr string) string {
	host, _, _ := net.SplitHostPort(addr)
	return host
}
