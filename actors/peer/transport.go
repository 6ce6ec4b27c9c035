package peer

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

const (
	maxHeader   = 64 << 10 // limit on status line and headers, in bytes
	maxFrame    = 64 << 10 // limit on unread bytes of HTTP/2
	dialTimeout = 10 * time.Second
)

// TransportOptions are the options of NewTransport.
type TransportOptions struct {
	Trust     *Trust
	Proxy     func(*http.Request) (*url.URL, error) // nil: no proxy; see EnvironmentProxy
	KeepAlive bool                                  // keep connections for further requests
}

// NewTransport returns a transport with HTTP/2 if the server offers it, bounded headers and
// international names. It does not decompress bodies, since Answer does.
func NewTransport(o TransportOptions) *http.Transport {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	d := dialer{o.Trust}
	return &http.Transport{
		Proxy:          o.Proxy,
		DialContext:    d.plain,
		DialTLSContext: d.secure,
		// Used for connections through a proxy.
		TLSClientConfig:     o.Trust.Config(""),
		TLSHandshakeTimeout: dialTimeout,

		Protocols: &protocols,
		HTTP2: &http.HTTP2Config{
			MaxReceiveBufferPerConnection: maxFrame, MaxReceiveBufferPerStream: maxFrame, MaxReadFrameSize: 16 << 10,
		},
		DisableKeepAlives:      !o.KeepAlive,
		MaxIdleConns:           2,
		IdleConnTimeout:        2 * time.Minute,
		MaxResponseHeaderBytes: maxHeader,
		DisableCompression:     true,
	}
}

// EnvironmentProxy is http.ProxyFromEnvironment with an error that does not quote the address, which
// may hold a password.
func EnvironmentProxy(r *http.Request) (*url.URL, error) {
	proxy, err := http.ProxyFromEnvironment(r)
	if err != nil {
		return nil, errors.New("the proxy in HTTP_PROXY or HTTPS_PROXY is not a URL")
	}
	return proxy, nil
}

// hop describes a request to its dialer. It is a value of the request's context, since an
// http.Transport passes the values of that context to the dialer but not its deadline.
type hop struct {
	trace     *Trace
	deadline  time.Time
	elsewhere bool // another host has redirected to this one
}

type hopKey struct{}

// WithTrace returns a context for a request that the trace follows if it needs a new connection. It
// is for requests that are not made by a Client.
func WithTrace(ctx context.Context, trace *Trace) context.Context {
	deadline, _ := ctx.Deadline()
	return context.WithValue(ctx, hopKey{}, hop{trace: trace, deadline: deadline})
}

type dialer struct{ trust *Trust }

func (d dialer) plain(ctx context.Context, _, addr string) (net.Conn, error) {
	conn, _, err := d.dial(ctx, addr)
	return conn, err
}

func (d dialer) dial(ctx context.Context, addr string) (net.Conn, hop, error) {
	h, _ := ctx.Value(hopKey{}).(hop)
	if h.deadline.IsZero() {
		h.deadline = time.Now().Add(dialTimeout)
	}
	ctx, cancel := context.WithDeadline(ctx, h.deadline)
	defer cancel()
	conn, err := Dial(ctx, addr, h.trace)
	if err != nil {
		return nil, h, err
	}
	return newWriteFirst(conn, h.trace), h, nil
}

func (d dialer) secure(ctx context.Context, _, addr string) (net.Conn, error) {
	conn, h, err := d.dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithDeadline(ctx, h.deadline)
	defer cancel()
	trust := d.trust
	if h.elsewhere {
		trust = trust.forOtherHost()
	}
	host, _, _ := net.SplitHostPort(addr) // Dial has checked it
	secured, err := Handshake(ctx, conn, trust, host, h.trace, "h2", "http/1.1")
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secured, nil
}

// writeFirst is a connection whose reads wait for the first write. So a server that sends first,
// as a mail server does, always fails with the same error.
type writeFirst struct {
	net.Conn
	trace *Trace
	once  sync.Once
	ready chan struct{}
}

func newWriteFirst(conn net.Conn, trace *Trace) *writeFirst {
	return &writeFirst{Conn: conn, trace: trace, ready: make(chan struct{})}
}

// Read implements net.Conn.
func (c *writeFirst) Read(p []byte) (int, error) {
	<-c.ready
	n, err := c.Conn.Read(p)
	if err != nil {
		c.trace.setReadErr(err)
	}
	return n, err
}

// Write implements net.Conn.
func (c *writeFirst) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.open()
	return n, err
}

// Close implements net.Conn.
func (c *writeFirst) Close() error {
	c.open()
	return c.Conn.Close()
}

func (c *writeFirst) open() { c.once.Do(func() { close(c.ready) }) }
