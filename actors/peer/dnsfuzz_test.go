package peer

import (
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// For any packet, the reason or the error is one line of bounded length.
func FuzzDNSPacket(f *testing.F) {
	name := dnsmessage.MustNewName("a.test.")
	q := dnsmessage.Question{Name: name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}
	add := func(change func(*dnsmessage.Message)) {
		m := dnsmessage.Message{Header: dnsmessage.Header{Response: true}, Questions: []dnsmessage.Question{q}}
		change(&m)
		packed, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packed)
	}
	for _, body := range []dnsmessage.ResourceBody{&dnsmessage.AResource{A: [4]byte{10, 0, 0, 1}}, &dnsmessage.CNAMEResource{CNAME: name}, &dnsmessage.TXTResource{TXT: []string{"a\u202e\n"}}} {
		add(func(m *dnsmessage.Message) {
			m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: name, Class: dnsmessage.ClassINET}, Body: body}}
		})
	}
	add(func(m *dnsmessage.Message) { m.Truncated = true })
	add(func(m *dnsmessage.Message) {
		m.RCode, m.Questions = dnsmessage.RCodeRefused, nil
		m.Additionals = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName(".")},
			Body:   &dnsmessage.OPTResource{Options: []dnsmessage.Option{{Code: extendedError, Data: []byte("\x00\x12no\u202e")}}},
		}}
	})
	f.Fuzz(func(t *testing.T, packet []byte) {
		a := query{question: q}
		reply, err := a.read(packet)
		shown := ""
		if err != nil {
			shown = err.Error()
		} else {
			shown = reply.Reason
		}
		if len(shown) > maxReason+100 || strings.ContainsAny(shown, "\r\n\x00\u202e") {
			t.Errorf("it shows %q", shown)
		}
	})
}
