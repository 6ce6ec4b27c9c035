package dependency

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"slices"

	"orchestrator-watchdog/actors/peer"
)

// mysqlConn stands between a server and the driver, which trusts whatever it reads: one packet
// can make it take gigabytes, or panic and leave a goroutine behind. So packets are read here,
// whole and bounded, and while we log in only well-formed ones are handed on. TLS is made here
// as well, in the layer and the words that all kinds share; the driver knows nothing of it.
type mysqlConn struct {
	net.Conn                          // over which packets come: TCP, later TLS
	raw      net.Conn                 // below it
	secure   func() (net.Conn, error) // makes it one of TLS, ahead of the login; nil: it stays as it is
	greeted  bool
	asks     bool   // we are in, and ask
	shift    byte   // by how much the server's count of packets is ahead of the driver's
	unread   []byte // of the packet that was read last
	err      error  // that ended reading or writing
}

var errNotMySQL = errors.New("its answer is not MySQL")

// The parts of a packet, and what the first byte of its body says.
const (
	mysqlHead    = 4 // three bytes of length, one of count
	mysqlLongest = 64 << 10
	mysqlOK      = 0x00
	mysqlMore    = 0x01
	mysqlVersion = 0x0a // of the protocol, in a greeting
	mysqlSwitch  = 0xfe
	mysqlError   = 0xff
	mysqlTLS     = 0x0800         // among the capabilities
	mysqlRequest = mysqlHead + 32 // the part of a login that asks for TLS
)

// greeting reads the first packet, and tells whether the server offers TLS.
func (c *mysqlConn) greeting() (offersTLS bool, err error) {
	if err := c.next(); err != nil {
		return false, err
	}
	c.greeted = true
	body := c.unread[mysqlHead:]
	if c.refuses() {
		return false, nil
	}
	// Behind the version: the connection's number, half of the challenge, the capabilities, more
	// of what is fixed, and the other half of the challenge.
	_, rest, whole := bytes.Cut(body[1:], []byte{0})
	if body[0] != mysqlVersion || !whole || len(rest) < 4+8+1+2+16+13 {
		c.err = errNotMySQL
		return false, c.err
	}
	return binary.LittleEndian.Uint16(rest[13:])&mysqlTLS != 0, nil
}

// refuses tells whether the packet that was read last is an error.
func (c *mysqlConn) refuses() bool {
	return wellFormed(c.unread[mysqlHead:]) && c.unread[mysqlHead] == mysqlError
}

// next reads a packet, with its head.
func (c *mysqlConn) next() error {
	c.unread = nil
	packet := make([]byte, mysqlHead, 512)
	if _, c.err = io.ReadFull(c.Conn, packet); c.err != nil {
		return c.err
	}
	length := int(packet[0]) | int(packet[1])<<8 | int(packet[2])<<16
	switch {
	case length == 0, length > mysqlLongest && !c.asks:
		c.err = errNotMySQL
	case length > mysqlLongest:
		c.err = &peer.TooLong{Most: mysqlLongest}
	default:
		packet[3] -= c.shift
		packet = append(packet, make([]byte, length)...)
		if _, c.err = io.ReadFull(c.Conn, packet[mysqlHead:]); c.err == nil {
			c.unread = packet
		}
	}
	return c.err
}

// Read implements net.Conn, for the driver.
func (c *mysqlConn) Read(p []byte) (int, error) {
	if len(c.unread) == 0 {
		if err := c.next(); err != nil {
			return 0, err
		}
		if !c.asks && !wellFormed(c.unread[mysqlHead:]) {
			c.err = errNotMySQL
			return 0, c.err
		}
	}
	n := copy(p, c.unread)
	c.unread = c.unread[n:]
	return n, nil
}

// Close implements net.Conn. It waits for nothing: TLS would say good-bye.
func (c *mysqlConn) Close() error { return c.raw.Close() }

// Write implements net.Conn: the driver writes one packet at a time. The first is its login,
// and the head of that asks for TLS.
func (c *mysqlConn) Write(p []byte) (int, error) {
	packet := slices.Clone(p)
	if c.secure != nil && len(packet) > mysqlRequest {
		packet[mysqlHead+1] |= mysqlTLS >> 8
		request := slices.Clone(packet[:mysqlRequest])
		request[0], request[1], request[2] = mysqlRequest-mysqlHead, 0, 0
		if _, c.err = c.Conn.Write(request); c.err != nil {
			return 0, c.err
		}
		secured, err := c.secure()
		if err != nil {
			c.err = err
			return 0, err
		}
		c.Conn, c.secure, c.shift = secured, nil, 1
	}
	if packet[3] == 0 { // each command counts anew
		c.asks, c.shift = true, 0
	}
	packet[3] += c.shift
	n, err := c.Conn.Write(packet)
	if err != nil {
		c.err = err
	}
	return n, err
}

// wellFormed tells whether a packet of the login is one that the driver can read.
func wellFormed(body []byte) bool {
	switch body[0] {
	case mysqlError:
		return len(body) >= 4 && (body[3] != '#' || len(body) >= 9)
	case mysqlOK: // it changed nothing: two numbers of one byte each, and four bytes more
		return len(body) >= 7 && body[1] < 0xfb && body[2] < 0xfb
	case mysqlSwitch: // to another way of logging in, with a challenge of its own
		name, challenge, whole := bytes.Cut(body[1:], []byte{0})
		return whole && (string(name) != "mysql_native_password" || len(challenge) > 20)
	case mysqlMore: // a word, or the server's key
		return len(body) <= 2 || isRSA(body[1:])
	}
	return false
}

// isRSA tells whether a key is of the one kind that the driver takes every key for.
func isRSA(text []byte) bool {
	block, _ := pem.Decode(text)
	if block == nil {
		return false
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return false
	}
	_, ok := key.(*rsa.PublicKey)
	return ok
}
