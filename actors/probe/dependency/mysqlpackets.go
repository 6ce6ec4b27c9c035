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

// mysqlConn protects the driver from the server. The driver does not validate its input: one
// packet can make it allocate gigabytes, or panic and leak a goroutine. So mysqlConn reads whole
// packets of bounded length, and passes only well-formed ones on during the login. It also does
// the TLS handshake, through the layer that all kinds share; the driver does not know of it.
type mysqlConn struct {
	net.Conn                          // TCP, later TLS
	raw      net.Conn                 // TCP
	secure   func() (net.Conn, error) // does the TLS handshake before the login; nil: no TLS, or it is done
	greeted  bool
	asks     bool   // the login is done, and the query is sent
	shift    byte   // how far the server's packet numbers are ahead of the driver's
	unread   []byte // rest of the last packet
	err      error  // the error that ended reading or writing
}

var errNotMySQL = errors.New("its answer is not MySQL")

// The layout of a packet, and the meanings of the first byte of its body.
const (
	mysqlHead    = 4 // three bytes of length, one of packet number
	mysqlLongest = 64 << 10
	mysqlOK      = 0x00
	mysqlMore    = 0x01
	mysqlVersion = 0x0a // protocol version in a greeting
	mysqlSwitch  = 0xfe
	mysqlError   = 0xff
	mysqlTLS     = 0x0800         // bit of the capabilities
	mysqlRequest = mysqlHead + 32 // length of the request for TLS, which is the start of a login
)

// greeting reads the first packet and reports whether the server offers TLS.
func (c *mysqlConn) greeting() (offersTLS bool, err error) {
	if err := c.next(); err != nil {
		return false, err
	}
	c.greeted = true
	body := c.unread[mysqlHead:]
	if c.refuses() {
		return false, nil
	}
	// After the server's version: connection number, first part of the challenge, capabilities,
	// other fields of fixed length, second part of the challenge.
	_, rest, whole := bytes.Cut(body[1:], []byte{0})
	if body[0] != mysqlVersion || !whole || len(rest) < 4+8+1+2+16+13 {
		c.err = errNotMySQL
		return false, c.err
	}
	return binary.LittleEndian.Uint16(rest[13:])&mysqlTLS != 0, nil
}

// refuses reports whether the last packet is an error.
func (c *mysqlConn) refuses() bool {
	return wellFormed(c.unread[mysqlHead:]) && c.unread[mysqlHead] == mysqlError
}

// next reads a packet with its header into unread.
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
		c.err = &peer.TooLongError{Limit: mysqlLongest}
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

// Close implements net.Conn. It closes the TCP connection at once: closing TLS would first write
// an alert, and could block.
func (c *mysqlConn) Close() error { return c.raw.Close() }

// Write implements net.Conn. The driver writes one packet at a time, first its login. With TLS,
// Write first sends the start of the login as a request for TLS and does the handshake.
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
	if packet[3] == 0 { // each command restarts the packet numbers
		c.asks, c.shift = true, 0
	}
	packet[3] += c.shift
	n, err := c.Conn.Write(packet)
	if err != nil {
		c.err = err
	}
	return n, err
}

// wellFormed reports whether the driver can parse a packet of the login.
func wellFormed(body []byte) bool {
	switch body[0] {
	case mysqlError:
		return len(body) >= 4 && (body[3] != '#' || len(body) >= 9)
	case mysqlOK: // affected rows and insert id in one byte each, and four more bytes
		return len(body) >= 7 && body[1] < 0xfb && body[2] < 0xfb
	case mysqlSwitch: // to another authentication plugin, with a new challenge
		name, challenge, whole := bytes.Cut(body[1:], []byte{0})
		return whole && (string(name) != "mysql_native_password" || len(challenge) > 20)
	case mysqlMore: // a status byte, or the server's key
		return len(body) <= 2 || isRSA(body[1:])
	}
	return false
}

// isRSA reports whether a key is an RSA key: the driver assumes so, and panics otherwise.
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
