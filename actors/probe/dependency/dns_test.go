package dependency_test

import (
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"orchestrator-watchdog/actors/probe/dependency"
	"orchestrator-watchdog/actors/probe/dependency/servertest"
)

// A name is up if the server has its record, with every expected answer.
func TestWhatADNSServerMustAnswer(t *testing.T) {
	name := dnsmessage.MustNewName
	server := servertest.DNS(t, servertest.Records{
		"api.example.org.": {
			&dnsmessage.AResource{A: [4]byte{192, 0, 2, 1}}, &dnsmessage.AResource{A: [4]byte{192, 0, 2, 2}},
			&dnsmessage.AAAAResource{AAAA: [16]byte{0x20, 1, 0xd, 0xb8, 15: 1}},
			&dnsmessage.MXResource{Pref: 10, MX: name("mail.example.org.")},
			&dnsmessage.NSResource{NS: name("ns.example.org.")},
			&dnsmessage.TXTResource{TXT: []string{"v=spf1 -all"}},
			&dnsmessage.SRVResource{Target: name("db.example.org."), Port: 5432},
		},
		"www.example.org.":        {&dnsmessage.CNAMEResource{CNAME: name("api.example.org.")}},
		"1.2.0.192.in-addr.arpa.": {&dnsmessage.PTRResource{PTR: name("api.example.org.")}},
	})
	for title, c := range map[string]struct {
		dns  dependency.DNS
		want string
	}{
		"any address":               {dependency.DNS{Host: "api.example.org"}, up},
		"the address":               {dependency.DNS{Host: "api.example.org.", Expect: []string{"192.0.2.2", "192.0.2.1"}}, up},
		"another address":           {dependency.DNS{Host: "api.example.org", Expect: []string{"192.0.2.3"}}, `answer failed: "api.example.org" has no A record "192.0.2.3" but 192.0.2.1, 192.0.2.2`},
		"another spelling of it":    {dependency.DNS{Host: "api.example.org", Record: "aaaa", Expect: []string{"2001:DB8:0::1"}}, up},
		"a mail server":             {dependency.DNS{Host: "api.example.org", Record: "MX", Expect: []string{"Mail.example.org"}}, up},
		"a name server":             {dependency.DNS{Host: "api.example.org", Record: "NS", Expect: []string{"ns.example.org"}}, up},
		"a text":                    {dependency.DNS{Host: "api.example.org", Record: "TXT", Expect: []string{"v=spf1 -all"}}, up},
		"a service":                 {dependency.DNS{Host: "api.example.org", Record: "SRV", Expect: []string{"db.example.org:5432"}}, up},
		"an alias":                  {dependency.DNS{Host: "www.example.org", Record: "CNAME", Expect: []string{"api.example.org"}}, up},
		"no alias":                  {dependency.DNS{Host: "api.example.org", Record: "CNAME"}, `answer failed: "api.example.org" has no CNAME record`},
		"another alias":             {dependency.DNS{Host: "www.example.org", Record: "CNAME", Expect: []string{"cdn.example.org"}}, `has no CNAME record "cdn.example.org" but api.example.org.`},
		"an alias of nothing":       {dependency.DNS{Host: "www.example.org", Record: "MX"}, "has no MX record: it is an alias of api.example.org., which has none"},
		"the name of an address":    {dependency.DNS{Host: "192.0.2.1", Record: "PTR", Expect: []string{"api.example.org"}}, up},
		"no such name":              {dependency.DNS{Host: "gone.example.org"}, `answer failed: "gone.example.org" has no A record`},
		"no such record":            {dependency.DNS{Host: "1.2.0.192.in-addr.arpa", Record: "MX"}, "has no MX record"},
		"no name in our hosts file": {dependency.DNS{Host: "127.0.0.1", Record: "PTR"}, "the name does not exist (NXDOMAIN)"},
	} {
		t.Run(title, func(t *testing.T) {
			c.dns.Server = server
			wantDown(t, dependency.Spec{Target: &c.dns}, c.want)
		})
	}
}

// However a DNS server fails, the check ends in time and names the step.
func TestHowADNSServerFails(t *testing.T) {
	for title, c := range map[string]struct{ server, want string }{
		"it says nothing":    {servertest.DNSSilent(t), "query failed: no answer within 600ms"},
		"it fails":           {servertest.DNSCode(t, dnsmessage.RCodeServerFailure), "says SERVFAIL"},
		"it refuses":         {servertest.DNSCode(t, dnsmessage.RCodeRefused), "says REFUSED"},
		"another protocol":   {servertest.DNSNoise(t), "query failed: the packet is not a DNS answer"},
		"nothing listens":    {servertest.Refusing(t), "query failed: connection refused: nothing listens there"},
		"nothing on port 53": {"127.0.0.99", "query failed: connection refused: nothing listens there"},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel() // most of them wait
			wantDown(t, dependency.Spec{Target: &dependency.DNS{Host: "api.example.org", Server: c.server}}, c.want)
		})
	}
}
