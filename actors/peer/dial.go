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

// maxAddresses bounds how many addresses of one name are tried.
const maxAddresses = 8

// ASCII returns a host name as name servers and certificates spell it: bücher.example is
// xn--bcher-kva.example. A name of plain ASCII is as it is.
func ASCII(host string) (string, error) {
	if strings.IndexFunc(host, func(r rune) bool { return r > unicode.MaxASCII }) < 0 {
		return host, nil
	}
	ascii, err := idna.Lookup.ToASCII(host)
	if err != nil {
		return "", fmt.Errorf("%q is no host name: it holds characters that no name may have", Line(host, maxName))
	}
	return ascii, nil
}

// Dial resolves and connects, as two steps. Of several addresses each gets its share of
// the time, so that one that swallows packets does not hide the others.
func Dial(ctx context.Context, addr string, trace *Trace) (net.Conn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, At("connect", err)
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
	return nil, At("connect", Words(err, trace.timeout()))
}

// share is the part of the time left that one of the attempts may take; 0: no limit.
func share(ctx context.Context, attempts int) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return 0
	}
	return max(time.Until(deadline)/time.Duration(attempts), time.Millisecond)
}

// Resolve returns the addresses of a host, as one step. One that is an address is not
// looked up.
func Resolve(ctx context.Context, host string, trace *Trace) ([]string, error) {
	if _, err := netip.ParseAddr(host); err == nil {
		return []string{host}, nil
	}
	trace.begin("resolve")
	ascii, err := ASCII(host)
	if err != nil {
		return nil, At("resolve", err)
	}
	addresses, err := net.DefaultResolver.LookupHost(ctx, ascii)
	if err != nil {
		return nil, At("resolve", Words(err, trace.timeout()))
	}
	if len(addresses) == 0 {
		return nil, At("resolve", errors.New("its name has no address"))
	}
	trace.end("resolve", "connect")
	return addresses[:min(len(addresses), maxAddresses)], nil
}

// Connect tries one address for so long at most; 0: as long as the context.
func Connect(ctx context.Context, network, address string, limit time.Duration) (net.Conn, error) {
	dialer := net.Dialer{Timeout: limit}
	return dialer.DialContext(ctx, network, address)
}
