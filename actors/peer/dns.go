package peer

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

const (
	// datagram is the largest UDP answer that we accept, in bytes: it is not fragmented anywhere.
	datagram = 1232
	// sends is how often a query is sent to one server, since packets get lost.
	sends = 2
	// maxStray is how many packets that don't answer the query are read.
	maxStray = 100
)

// QueryDNS queries servers, each a host:port, in their order until one answers with success or
// NXDOMAIN. It divides the time among them. If none does, it returns the first reply with another
// code, else the first error. The error names the step.
func QueryDNS(ctx context.Context, servers []string, q dnsmessage.Question, trace *Trace) (*DNSReply, error) {
	trace.begin("query")
	var (
		refusal *DNSReply
		failure error
	)
	for i, server := range servers {
		reply, err := queryOne(ctx, server, q, share(ctx, len(servers)-i))
		switch {
		case err != nil && failure == nil:
			failure = err
		case err != nil:
		case reply.Code == dnsmessage.RCodeSuccess, reply.Code == dnsmessage.RCodeNameError:
			return reply, nil
		case refusal == nil:
			refusal = reply
		}
		if ctx.Err() != nil {
			break
		}
	}
	if refusal != nil {
		return refusal, nil
	}
	return nil, AtStep("query", trace.Explain(failure))
}

// queryOne queries one server within the given time; 0: no limit.
func queryOne(ctx context.Context, server string, q dnsmessage.Question, within time.Duration) (*DNSReply, error) {
	if within > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, within)
		defer cancel()
	}
	ask := query{server: server, question: q, extended: true}
	reply, err := ask.overUDP(ctx)
	if err == nil && reply.Code == dnsmessage.RCodeFormatError {
		ask.extended = false // the server does not know EDNS
		reply, err = ask.overUDP(ctx)
	}
	if err != nil || !reply.truncated {
		return reply, err
	}
	if reply, err = ask.overTCP(ctx); err != nil {
		return nil, &plainError{"its answer is too long for UDP, and over TCP: " + Explain(err, 0).Error(), err}
	}
	return reply, nil
}

// query is a query to one server.
type query struct {
	server   string
	question dnsmessage.Question
	id       uint16
	extended bool // use EDNS, for longer answers and reasons
}

// pack encodes the query with a new random id.
func (q *query) pack() ([]byte, error) {
	var id [2]byte
	_, _ = rand.Read(id[:]) // never fails
	q.id = binary.BigEndian.Uint16(id[:])
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: q.id, RecursionDesired: true},
		Questions: []dnsmessage.Question{q.question},
	}
	if q.extended {
		opt := dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName(".")}, Body: &dnsmessage.OPTResource{}}
		if err := opt.Header.SetEDNS0(datagram, dnsmessage.RCodeSuccess, false); err != nil {
			return nil, err
		}
		m.Additionals = append(m.Additionals, opt)
	}
	return m.Pack()
}

// overUDP sends the query over UDP, and again if no answer comes. The answer to either is accepted.
func (q *query) overUDP(ctx context.Context) (*DNSReply, error) {
	packet, err := q.pack()
	if err != nil {
		return nil, err
	}
	conn, err := Connect(ctx, "udp", q.server, 0)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	var stray error // why the last packet does not answer the query
	for left := sends; left > 0; left-- {
		if _, err = conn.Write(packet); err != nil {
			break
		}
		if wait := share(ctx, left); wait > 0 {
			_ = conn.SetReadDeadline(time.Now().Add(wait)) // fails only on a closed connection
		}
		var reply *DNSReply
		if reply, err = q.await(conn, &stray); err == nil {
			return reply, nil
		}
		if !isTimeout(err) {
			break
		}
	}
	switch {
	case stray != nil:
		return nil, stray
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, context.DeadlineExceeded
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	return nil, err
}

// await reads packets until one answers the query. It skips others, which may be forged or late.
func (q *query) await(conn net.Conn, stray *error) (*DNSReply, error) {
	packet := make([]byte, 64<<10)
	for range maxStray {
		n, err := conn.Read(packet)
		if err != nil {
			return nil, err
		}
		reply, err := q.read(packet[:n])
		if err == nil {
			return reply, nil
		}
		*stray = err
	}
	return nil, errors.New("too many packets came that don't answer the query")
}

// overTCP sends the query over TCP, after a truncated answer over UDP.
func (q *query) overTCP(ctx context.Context) (*DNSReply, error) {
	packet, err := q.pack()
	if err != nil {
		return nil, err
	}
	conn, err := Connect(ctx, "tcp", q.server, 0)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer Interrupt(ctx, conn)()
	if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(packet))), packet...)); err != nil {
		return nil, err
	}
	var size [2]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return nil, err
	}
	answer := make([]byte, binary.BigEndian.Uint16(size[:]))
	if _, err := io.ReadFull(conn, answer); err != nil {
		return nil, err
	}
	reply, err := q.read(answer)
	if err == nil && reply.truncated {
		err = errors.New("its answer is truncated there, too")
	}
	return reply, err
}

// DNSReply is the answer of a DNS server.
type DNSReply struct {
	Server  string // the server that answered
	Code    dnsmessage.RCode
	Reason  string // the server's reason for the code (RFC 8914); may be empty
	Answers []dnsmessage.Resource

	truncated bool
}

// read parses a packet. The error says why it does not answer the query.
func (q *query) read(packet []byte) (*DNSReply, error) {
	var p dnsmessage.Parser
	head, err := p.Start(packet)
	if err != nil {
		return nil, errors.New("the packet is not DNS")
	}
	questions, err := p.AllQuestions()
	switch {
	case err != nil || !head.Response:
		return nil, errors.New("the packet is not a DNS answer")
	case head.ID != q.id:
		return nil, errors.New("the packet answers another query (its id is wrong)")
	case !q.isAsked(questions, head.RCode):
		return nil, errors.New("the packet answers another question")
	}
	reply := &DNSReply{Server: q.server, Code: head.RCode, truncated: head.Truncated}
	if head.Truncated {
		return reply, nil // the records are incomplete
	}
	if reply.Answers, err = p.AllAnswers(); err != nil {
		return nil, fmt.Errorf("its answer is broken: %s", Line(err.Error(), maxReason))
	}
	reply.extend(&p)
	return reply, nil
}

// isAsked reports whether the questions of a reply are ours. A refusal may have none.
func (q *query) isAsked(questions []dnsmessage.Question, code dnsmessage.RCode) bool {
	if len(questions) == 0 {
		return code != dnsmessage.RCodeSuccess && code != dnsmessage.RCodeNameError
	}
	theirs := questions[0]
	return len(questions) == 1 && theirs.Type == q.question.Type && theirs.Class == q.question.Class && SameDNSName(theirs.Name, q.question.Name)
}

// extend adds the EDNS code and reason, if the reply has them.
func (r *DNSReply) extend(p *dnsmessage.Parser) {
	if p.SkipAllAuthorities() != nil {
		return
	}
	for {
		h, err := p.AdditionalHeader()
		if err != nil {
			return
		}
		if h.Type != dnsmessage.TypeOPT {
			if p.SkipAdditional() != nil {
				return
			}
			continue
		}
		r.Code = h.ExtendedRCode(r.Code)
		if opt, err := p.OPTResource(); err == nil {
			r.Reason = reasonOf(opt.Options)
		}
		return
	}
}

// extendedError is the EDNS option with a reason.
const extendedError = 15

func reasonOf(options []dnsmessage.Option) string {
	for _, o := range options {
		if o.Code != extendedError || len(o.Data) < 2 {
			continue
		}
		n := binary.BigEndian.Uint16(o.Data)
		reason, known := extendedErrors[n]
		if !known {
			reason = fmt.Sprintf("extended error %d", n)
		}
		if text := Line(string(o.Data[2:]), maxReason); text != "" {
			reason += ": " + text
		}
		return reason
	}
	return ""
}

// extendedErrors are the reasons as IANA registers them.
var extendedErrors = map[uint16]string{
	0: "other", 1: "unsupported DNSKEY algorithm", 2: "unsupported DS digest type", 3: "stale answer", 4: "forged answer",
	5: "DNSSEC indeterminate", 6: "DNSSEC bogus", 7: "signature expired", 8: "signature not yet valid", 9: "DNSKEY missing",
	10: "RRSIGs missing", 11: "no zone key bit set", 12: "NSEC missing", 13: "cached error", 14: "not ready", 15: "blocked",
	16: "censored", 17: "filtered", 18: "prohibited", 19: "stale NXDOMAIN answer", 20: "not authoritative", 21: "not supported",
	22: "no reachable authority", 23: "network error", 24: "invalid data",
}

// SameDNSName reports whether two names are equal. As in DNS, the letter case does not matter.
func SameDNSName(a, b dnsmessage.Name) bool {
	if a.Length != b.Length {
		return false
	}
	for i := range a.Length {
		if lower(a.Data[i]) != lower(b.Data[i]) {
			return false
		}
	}
	return true
}

func lower(b byte) byte {
	if b >= 'A' && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}
