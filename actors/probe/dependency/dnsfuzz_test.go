package dependency

import (
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"orchestrator-watchdog/actors/peer"
)

// Whatever records an answer contains, the error is one bounded line.
func FuzzDNSRecords(f *testing.F) {
	name := dnsmessage.MustNewName("a.test.")
	for _, body := range []dnsmessage.ResourceBody{
		&dnsmessage.AResource{A: [4]byte{10, 0, 0, 1}}, &dnsmessage.CNAMEResource{CNAME: name}, &dnsmessage.TXTResource{TXT: []string{"a\u202e\n"}},
		&dnsmessage.MXResource{MX: name}, &dnsmessage.SRVResource{Target: name}, &dnsmessage.NSResource{NS: name}, &dnsmessage.PTRResource{PTR: name},
	} {
		m := dnsmessage.Message{Answers: []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: name, Class: dnsmessage.ClassINET}, Body: body}}}
		packed, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packed, uint8(0))
	}
	f.Fuzz(func(t *testing.T, packet []byte, kind uint8) {
		var p dnsmessage.Parser
		head, err := p.Start(packet)
		if err != nil || p.SkipAllQuestions() != nil {
			return
		}
		reply := &peer.DNSReply{Server: "10.0.0.2:53", Code: head.RCode}
		if reply.Answers, err = p.AllAnswers(); err != nil {
			return
		}
		kinds := []struct {
			name string
			kind dnsmessage.Type
		}{{"A", dnsmessage.TypeA}, {"TXT", dnsmessage.TypeTXT}, {"MX", dnsmessage.TypeMX}, {"SRV", dnsmessage.TypeSRV}, {"NS", dnsmessage.TypeNS}, {"CNAME", dnsmessage.TypeCNAME}}
		k := kinds[int(kind)%len(kinds)]
		target := DNS{Host: "a.test", Record: k.name, Expect: []string{"x"}}
		if err := target.judge(reply, dnsmessage.Question{Name: name, Type: k.kind, Class: dnsmessage.ClassINET}); err != nil {
			if shown := peer.Line(err.Error(), maxDetail); len(shown) > maxDetail+10 || strings.ContainsAny(shown, "\r\n\x00\u202e") {
				t.Errorf("it shows %q", shown)
			}
		}
	})
}
