package dependency

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/dns/dnsmessage"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/config/field"
)

var dnsKind = field.Kind{
	Name: "dns", New: func() field.Settings { return &DNS{Record: "A"} }, Form: `dns: {host: api.example.org}`,
	Keys:     "host, server (default: the system's), record (default: A), expect",
	Examples: []string{`{name: names, dns: {host: api.example.org, server: "10.0.0.2:53", record: A, expect: ["10.0.0.3"]}}`},
}

// DNS is a name that a DNS server must resolve.
type DNS struct {
	Host   string
	Server string   // host or host:port of the server to ask; empty: those of /etc/resolv.conf
	Record string   // A, AAAA, CNAME, MX, NS, TXT, SRV or PTR (of an address); empty: A
	Expect []string // each must be among the answers; empty: any answer is accepted
}

// Fields implements field.Settings.
func (d *DNS) Fields() []field.Field {
	return []field.Field{
		field.Of("host", &d.Host, field.Name), field.Of("server", &d.Server, field.Name),
		field.Of("record", &d.Record, record), field.ListOf("expect", &d.Expect, field.Text),
	}
}

// Check implements field.Settings.
func (d *DNS) Check() []error { return missing("dns needs a host", d.Host) }

// String implements field.Settings.
func (d *DNS) String() string { return "dns " + d.Record + " " + d.Host }

// recordTypes are the record types that can be queried.
var recordTypes = map[string]dnsmessage.Type{
	"A": dnsmessage.TypeA, "AAAA": dnsmessage.TypeAAAA, "CNAME": dnsmessage.TypeCNAME, "MX": dnsmessage.TypeMX,
	"NS": dnsmessage.TypeNS, "TXT": dnsmessage.TypeTXT, "SRV": dnsmessage.TypeSRV, "PTR": dnsmessage.TypePTR,
}

// record parses a record type.
func record(s string) (string, error) {
	s = strings.ToUpper(s)
	if _, known := recordTypes[s]; !known {
		return "", fmt.Errorf("%q is none of A, AAAA, CNAME, MX, NS, TXT, SRV, PTR", s)
	}
	return s, nil
}

func (d *DNS) newCheck(Spec) (check, error) {
	kind, err := record(cmp.Or(d.Record, "A"))
	switch {
	case err != nil:
		return check{}, fmt.Errorf("its record: %w", err)
	case d.Host == "":
		return check{}, errors.New("it has no host to ask for")
	}
	asked := DNS{Host: d.Host, Server: d.Server, Record: kind, Expect: d.Expect}
	name, err := asked.name()
	if err != nil {
		return check{}, err
	}
	q := dnsmessage.Question{Name: name, Type: recordTypes[kind], Class: dnsmessage.ClassINET}
	return check{run: func(ctx context.Context, t *trial) error {
		servers, err := asked.servers()
		if err != nil {
			return at("query", err)
		}
		ctx, cancel := context.WithTimeout(ctx, t.timeout)
		defer cancel()
		reply, err := peer.QueryDNS(ctx, servers, q, t.trace)
		if err != nil {
			return err
		}
		if err := asked.judge(reply, q); err != nil {
			return at("answer", err)
		}
		t.done("answer")
		return nil
	}}, nil
}

// name returns the fully qualified name to query. The system's search list is not used.
func (d DNS) name() (dnsmessage.Name, error) {
	host := strings.TrimSuffix(d.Host, ".")
	if ip, err := netip.ParseAddr(host); err == nil && d.Record == "PTR" {
		host = reverse(ip.Unmap())
	} else if host, err = peer.ASCII(host); err != nil {
		return dnsmessage.Name{}, fmt.Errorf("its host %q is not a DNS name: %w", d.Host, err)
	}
	name, err := dnsmessage.NewName(host + ".")
	if err != nil {
		return name, fmt.Errorf("its host %q is not a DNS name: %w", d.Host, err)
	}
	return name, nil
}

// reverse returns the in-addr.arpa or ip6.arpa name of an address.
func reverse(ip netip.Addr) string {
	var b strings.Builder
	octets := ip.AsSlice()
	slices.Reverse(octets)
	for _, o := range octets {
		if ip.Is4() {
			fmt.Fprintf(&b, "%d.", o)
		} else {
			fmt.Fprintf(&b, "%x.%x.", o&0xf, o>>4)
		}
	}
	if ip.Is4() {
		return b.String() + "in-addr.arpa"
	}
	return b.String() + "ip6.arpa"
}

// maxServers is how many servers of /etc/resolv.conf are asked, as in the C library.
const maxServers = 3

// servers returns the servers to ask, in order.
func (d DNS) servers() ([]string, error) {
	if d.Server != "" {
		if _, _, err := net.SplitHostPort(d.Server); err == nil {
			return []string{d.Server}, nil
		}
		return []string{net.JoinHostPort(strings.Trim(d.Server, "[]"), "53")}, nil
	}
	const path = "/etc/resolv.conf"
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("no server is set, and the system's can't be read: %w", err)
	}
	var servers []string
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) >= 2 && fields[0] == "nameserver" && len(servers) < maxServers {
			servers = append(servers, net.JoinHostPort(fields[1], "53"))
		}
	}
	if len(servers) == 0 {
		return nil, fmt.Errorf("no server is set, and %s names none", path)
	}
	return servers, nil
}

// codeNames are the well-known names of error codes.
var codeNames = map[dnsmessage.RCode]string{
	dnsmessage.RCodeFormatError: "FORMERR", dnsmessage.RCodeServerFailure: "SERVFAIL",
	dnsmessage.RCodeNotImplemented: "NOTIMP", dnsmessage.RCodeRefused: "REFUSED",
}

func (d DNS) judge(reply *peer.DNSReply, q dnsmessage.Question) error {
	reason := ""
	if reply.Reason != "" {
		reason = " (" + reply.Reason + ")"
	}
	switch reply.Code {
	case dnsmessage.RCodeSuccess:
	case dnsmessage.RCodeNameError:
		return fmt.Errorf("%q has no %s record: the name does not exist (NXDOMAIN)%s", d.Host, d.Record, reason)
	default:
		name := codeNames[reply.Code]
		if name == "" {
			name = "code " + strconv.Itoa(int(reply.Code))
		}
		return fmt.Errorf("the server %s says %s%s", reply.Server, name, reason)
	}
	found, alias := answers(reply.Answers, q)
	if len(found) == 0 {
		if alias != "" {
			alias = ": it is an alias of " + alias + ", which has none"
		}
		return fmt.Errorf("%q has no %s record%s%s", d.Host, d.Record, alias, reason)
	}
	for _, want := range d.Expect {
		if !slices.ContainsFunc(found, func(got string) bool { return sameAnswer(got, want) }) {
			return fmt.Errorf("%q has no %s record %q but %s", d.Host, d.Record, want, peer.Line(strings.Join(found, ", "), 200))
		}
	}
	return nil
}

// maxAliases bounds how many aliases of a chain are followed.
const maxAliases = 16

// answers returns the queried records of an answer, found by following its chain of aliases,
// and the name at the end of that chain; empty if the queried name is no alias.
func answers(records []dnsmessage.Resource, q dnsmessage.Question) (found []string, alias string) {
	owner := q.Name
	for range maxAliases {
		next, more := dnsmessage.Name{}, false
		for _, r := range records {
			if !peer.SameDNSName(r.Header.Name, owner) {
				continue
			}
			if r.Header.Type == q.Type {
				found = append(found, textOf(r.Body))
			} else if c, ok := r.Body.(*dnsmessage.CNAMEResource); ok {
				next, more = c.CNAME, true
			}
		}
		if len(found) > 0 || !more {
			return found, alias
		}
		owner, alias = next, next.String()
	}
	return nil, alias
}

// textOf returns the text form of a record.
func textOf(body dnsmessage.ResourceBody) string {
	switch r := body.(type) {
	case *dnsmessage.AResource:
		return netip.AddrFrom4(r.A).String()
	case *dnsmessage.AAAAResource:
		return netip.AddrFrom16(r.AAAA).Unmap().String()
	case *dnsmessage.CNAMEResource:
		return r.CNAME.String()
	case *dnsmessage.MXResource:
		return r.MX.String()
	case *dnsmessage.NSResource:
		return r.NS.String()
	case *dnsmessage.TXTResource:
		return peer.Line(strings.Join(r.TXT, ""), 1000)
	case *dnsmessage.SRVResource:
		return net.JoinHostPort(strings.TrimSuffix(r.Target.String(), "."), strconv.Itoa(int(r.Port)))
	case *dnsmessage.PTRResource:
		return r.PTR.String()
	}
	return ""
}

// sameAnswer compares addresses by value, and names ignoring case and a final dot.
func sameAnswer(got, want string) bool {
	a, errA := netip.ParseAddr(got)
	b, errB := netip.ParseAddr(want)
	if errA == nil && errB == nil {
		return a == b
	}
	return strings.EqualFold(strings.TrimSuffix(got, "."), strings.TrimSuffix(want, "."))
}
