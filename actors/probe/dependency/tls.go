package dependency

import (
	"context"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/config/field"
)

var tlsKind = field.Kind{
	Name: "tls", New: func() field.Settings { return new(TLS) }, Form: `tls: {addr: "api:443"}`, Keys: "addr",
	Examples: []string{`{name: registry, tls: {addr: "registry:443", server_name: registry, ca_file: ""}}`},
}

// TLS is a dependency that must complete a TLS handshake. The protocol inside does not matter.
type TLS struct {
	Addr string // host:port
	peer.TLS
}

// Fields implements field.Settings.
func (d *TLS) Fields() []field.Field {
	return append(d.TLS.Fields(), field.Of("addr", &d.Addr, field.HostPort))
}

// Check implements field.Settings.
func (d *TLS) Check() []error { return missing("tls needs an addr", d.Addr) }

// String implements field.Settings.
func (d *TLS) String() string { return "tls " + d.Addr }

func (d *TLS) newCheck(Spec) (check, error) {
	if err := checkAddr(d.Addr); err != nil {
		return check{}, err
	}
	trust, err := peer.LoadTLS(d.TLS)
	if err != nil {
		return check{}, err
	}
	return check{run: func(ctx context.Context, t *trial) error {
		conn, err := peer.Dial(ctx, d.Addr, t.trace)
		if err != nil {
			return err
		}
		defer conn.Close()
		secured, err := peer.Handshake(ctx, conn, trust, hostOf(d.Addr), t.trace)
		if err != nil {
			return err
		}
		return peer.AwaitRefusal(ctx, secured, t.trace)
	}, tls: true}, nil
}
