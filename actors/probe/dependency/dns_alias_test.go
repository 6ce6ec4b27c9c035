package dependency

import (
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// Following a circular chain of aliases ends.
func TestACircleOfAliasesEnds(t *testing.T) {
	a, b := dnsmessage.MustNewName("a.example."), dnsmessage.MustNewName("b.example.")
	alias := func(from, to dnsmessage.Name) dnsmessage.Resource {
		return dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: from, Type: dnsmessage.TypeCNAME, Class: dnsmessage.ClassINET}, Body: &dnsmessage.CNAMEResource{CNAME: to}}
	}
	found, _ := answers([]dnsmessage.Resource{alias(a, b), alias(b, a)}, dnsmessage.Question{Name: a, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET})
	if len(found) != 0 {
		t.Errorf("found %q", found)
	}
}
