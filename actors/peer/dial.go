package peer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"
	"unicode"

	"golang.org/x/net/idna"
)

// maxAddresses is how many addresses of a name are tried.
const maxAddresses = 8

// ASCII returns the ASCII form of an international host name: xn--bcher-kva.example for
// bücher.example. A name in ASCII is returned unchanged.
func ASCII(host string) (string, error) {
	if strings.IndexFunc(host, func(r rune) bool { return r > unicode.MaxASCII }) < 0 {
		return host, nil
	}
	ascii, err := idna.Lookup.ToASCII(host)
	if err != nil {
		return "", fmt.Errorf("%q is not a host name: it has characters that are not allowed in one", Line(host, maxName))
	}
	return ascii, nil
}

// Dial resolves a host:port and connects, as two steps. It divides the time among the addresses, so
// that one that drops packets does not use up all of it.
func Dial(ctx context.Context, addr string, trace *Trace) (net.Conn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, AtStep("connect", err)
	}
	addresses, err := Resolve(ctx, host, trace)
	if err != nil {
		return nil, err
	}
	trace.begin("connect")
	var conn net.Conn
	for i, address := range addresses {
		conn, err = Connect(ctx, "tcp", net.JoinHostPort(address, port), share(ctx, len(addresses)-i))
		if err == nil {
			trace.end("connect", "status")
			return conn, nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, AtStep("connect", Explain(err, trace.timeout()))
}

// share returns the remaining time divided by the number of attempts; 0: no limit.
func share(ctx context.Context, attempts int) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return 0
	}
	return max(time.Until(deadline)/time.Duration(attempts), time.Millisecond)
}

// Resolve looks up the addresses of a host, as one step. An IP address is returned unchanged.
func Resolve(ctx context.Context, host string, trace *Trace) ([]string, error) {
	if _, err := netip.ParseAddr(host); err == nil {
		return []string{host}, nil
	}
	trace.begin("resolve")
	ascii, err := ASCII(host)
	if err != nil {
		return nil, AtStep("resolve", err)
	}
	addresses, err := net.DefaultResolver.LookupHost(ctx, ascii)
	if err != nil {
		return nil, AtStep("resolve", Explain(err, trace.timeout()))
	}
	if len(addresses) == 0 {
		return nil, AtStep("resolve", errors.New("its name has no address"))
	}
	trace.end("resolve", "connect")
	return addresses[:min(len(addresses), maxAddresses)], nil
}

// Connect connects to one address within the limit; 0: within the time of the context.
func Connect(ctx context.Context, network, address string, limit time.Duration) (net.Conn, error) {
	dialer := net.Dialer{Timeout: limit}
	return dialer.DialContext(ctx, network, address)
}

// Interrupt fails the reads and writes of a connection when the context ends. It starts no
// goroutine before that. The caller calls stop when it no longer uses the connection.
func Interrupt(ctx context.Context, conn net.Conn) (stop func() bool) {
	return context.AfterFunc(ctx, func() {
		_ = conn.SetDeadline(time.Unix(1, 0)) // fails only if the connection is closed
	})
}
