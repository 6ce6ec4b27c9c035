package servertest

import (
	"net"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// Records are the records of a DNS server by name, with the final dot.
type Records map[string][]dnsmessage.ResourceBody

// DNS starts a server that answers with known, or NXDOMAIN, and returns its address.
func DNS(t testing.TB, known Records) string {
	t.Helper()
	return listenUDP(t, func(query []byte) []byte { return known.answer(query) })
}

// DNSCode starts a server that answers every query with the same code.
func DNSCode(t testing.TB, code dnsmessage.RCode) string {
	t.Helper()
	return listenUDP(t, func(query []byte) []byte { return reply(query, code, nil) })
}

// DNSSilent starts a server that never answers.
func DNSSilent(t testing.TB) string {
	t.Helper()
	return listenUDP(t, func([]byte) []byte { return nil })
}

// DNSNoise starts a server whose answers are not DNS.
func DNSNoise(t testing.TB) string {
	t.Helper()
	return listenUDP(t, func([]byte) []byte { return []byte("220 mail ESMTP\r\n") })
}

func listenUDP(t testing.TB, answer func([]byte) []byte) string {
	t.Helper()
	var config net.ListenConfig
	conn, err := config.ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); serve(conn, answer) }()
	t.Cleanup(func() {
		_ = conn.Close()
		<-done
	})
	return conn.LocalAddr().String()
}

// Serve answers the queries of a connection until it is closed.
func (known Records) Serve(conn net.PacketConn) { serve(conn, known.answer) }

func serve(conn net.PacketConn, answer func([]byte) []byte) {
	buffer := make([]byte, 1500)
	for {
		n, from, err := conn.ReadFrom(buffer)
		if err != nil {
			return
		}
		if text := answer(buffer[:n]); text != nil {
			_, _ = conn.WriteTo(text, from)
		}
	}
}

func (known Records) answer(query []byte) []byte {
	var p dnsmessage.Parser
	if _, err := p.Start(query); err != nil {
		return nil
	}
	q, err := p.Question()
	if err != nil {
		return nil
	}
	bodies, ok := known[strings.ToLower(q.Name.String())]
	if !ok {
		return reply(query, dnsmessage.RCodeNameError, nil)
	}
	return reply(query, dnsmessage.RCodeSuccess, bodies)
}

// reply encodes the answer to a query: those bodies that have the queried type or are a CNAME.
func reply(query []byte, code dnsmessage.RCode, bodies []dnsmessage.ResourceBody) []byte {
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	m.Response, m.RecursionAvailable, m.RCode, m.Additionals = true, true, code, nil
	for _, body := range bodies {
		if kind := typeOf(body); kind == q.Type || kind == dnsmessage.TypeCNAME {
			m.Answers = append(m.Answers, dnsmessage.Resource{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Type: kind, Class: q.Class, TTL: 60}, Body: body,
			})
		}
	}
	packed, err := m.Pack()
	if err != nil {
		return nil
	}
	return packed
}

func typeOf(body dnsmessage.ResourceBody) dnsmessage.Type {
	switch body.(type) {
	case *dnsmessage.AResource:
		return dnsmessage.TypeA
	case *dnsmessage.AAAAResource:
		return dnsmessage.TypeAAAA
	case *dnsmessage.CNAMEResource:
		return dnsmessage.TypeCNAME
	case *dnsmessage.MXResource:
		return dnsmessage.TypeMX
	case *dnsmessage.NSResource:
		return dnsmessage.TypeNS
	case *dnsmessage.TXTResource:
		return dnsmessage.TypeTXT
	case *dnsmessage.SRVResource:
		return dnsmessage.TypeSRV
	case *dnsmessage.PTRResource:
		return dnsmessage.TypePTR
	}
	return 0
}
