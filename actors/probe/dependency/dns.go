package dependency

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"orchestrator-watchdog/actors/peer"
)

// DNS is a name that a server must know.
type DNS struct {
	Host   string
	Server string   // host or host:port of the server that is asked; empty: the system's
	Record string   // A, AAAA, CNAME, MX, NS, TXT, SRV or PTR (of an address); empty: A
	Expect []string // each must be among the answers; none: any answer is well
}

// lookups are the types of record that can be asked for.
var lookups = map[string]func(ctx context.Context, r *net.Resolver, host string) ([]string, error){
	"A":    lookupAddresses("ip4"),
	"AAAA": lookupAddresses("ip6"),
	"CNAME": func(ctx context.Context, r *net.Resolver, host string) ([]string, error) {
		name, err := r.LookupCNAME(ctx, host)
		return []string{name}, err
	},
	"MX": func(ctx context.Context, r *net.Resolver, host string) ([]string, error) {
		records, err := r.LookupMX(ctx, host)
		return texts(records, func(m *net.MX) string { return m.Host }), err
	},
	"NS": func(ctx context.Context, r *net.Resolver, host string) ([]string, error) {
		records, err := r.LookupNS(ctx, host)
		return texts(records, func(n *net.NS) string { return n.Host }), err
	},
	"TXT": func(ctx context.Context, r *net.Resolver, host string) ([]string, error) {
		return r.LookupTXT(ctx, host)
	},
	"SRV": func(ctx context.Context, r *net.Resolver, host string) ([]string, error) {
		_, records, err := r.LookupSRV(ctx, "", "", host)
		return texts(records, func(s *net.SRV) string {
			return net.JoinHostPort(strings.TrimSuffix(s.Target, "."), strconv.Itoa(int(s.Port)))
		}), err
	},
	"PTR": func(ctx context.Context, r *net.Resolver, host string) ([]string, error) {
		return r.LookupAddr(ctx, host)
	},
}

func lookupAddresses(network string) func(context.Context, *net.Resolver, string) ([]string, error) {
	return func(ctx context.Context, r *net.Resolver, host string) ([]string, error) {
		addresses, err := r.LookupNetIP(ctx, network, host)
		return texts(addresses, func(a netip.Addr) string { return a.Unmap().String() }), err
	}
}

func texts[T any](records []T, text func(T) string) []string {
	all := make([]string, len(records))
	for i, r := range records {
		all[i] = text(r)
	}
	return all
}

func newDNS(d DNS) (check, bool, error) {
	record := strings.ToUpper(d.Record)
	if record == "" {
		record = "A"
	}
	lookup, ok := lookups[record]
	switch {
	case !ok:
		return nil, false, fmt.Errorf("its record %q is none of A, AAAA, CNAME, MX, NS, TXT, SRV, PTR", d.Record)
	case d.Host == "":
		return nil, false, errors.New("it has no host to ask for")
	}
	d.Record = record
	server := d.Server
	if _, _, err := net.SplitHostPort(server); err != nil && server != "" {
		server = net.JoinHostPort(strings.Trim(server, "[]"), "53")
	}
	host := d.Host
	if record != "PTR" {
		host = strings.TrimSuffix(host, ".") + "." // the name itself, without the system's search list
	}
	return func(ctx context.Context, t *trial) error {
		q := &query{server: server, limit: t.timeout}
		found, err := lookup(ctx, &net.Resolver{PreferGo: true, StrictErrors: true, Dial: q.dial}, host)
		return d.judge(t, q, found, err)
	}, false, nil
}

// query is one look-up: it sends what the resolver asks to our server.
type query struct {
	server string
	limit  time.Duration // of one connection
	asked  atomic.Bool
}

// dial is called by the resolver, in goroutines of its own.
func (q *query) dial(ctx context.Context, network, systems string) (net.Conn, error) {
	q.asked.Store(true)
	if q.server == "" {
		return peer.Connect(ctx, network, systems, q.limit)
	}
	return peer.Connect(ctx, network, q.server, q.limit)
}

func (d DNS) judge(t *trial, q *query, found []string, err error) error {
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return at("answer", fmt.Errorf("%q has no %s record", d.Host, d.Record))
	case errors.As(err, &dns) && strings.HasSuffix(dns.Err, syscall.ECONNREFUSED.Error()): // its text alone has it
		return t.failed("query", syscall.ECONNREFUSED)
	case errors.As(err, &dns) && !dns.IsTimeout:
		return at("query", errors.New(dns.Err))
	case err != nil:
		return t.failed("query", err)
	case !q.asked.Load():
		return at("query", fmt.Errorf("%q stands in our own hosts file, so no server was asked", d.Host))
	}
	t.done("answer")
	for _, want := range d.Expect {
		if !slices.ContainsFunc(found, func(got string) bool { return sameAnswer(got, want) }) {
			return at("answer", fmt.Errorf("%q has no %s record %q but %s", d.Host, d.Record, want, bounded(strings.Join(found, ", "), 200)))
		}
	}
	return nil
}

// sameAnswer compares names without case and final dot, and addresses by value.
func sameAnswer(got, want string) bool {
	a, errA := netip.ParseAddr(got)
	b, errB := netip.ParseAddr(want)
	if errA == nil && errB == nil {
		return a == b
	}
	return strings.EqualFold(strings.TrimSuffix(got, "."), strings.TrimSuffix(want, "."))
}
