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
	maxHeader   = 64 << 10 // bytes of status line and headers
	maxFrame    = 64 << 10 // bytes of HTTP/2 that wait to be read
	dialTimeout = 10 * time.Second
)

// TransportOptions say how an http.Transport reaches its servers.
type TransportOptions struct {
	Trust     *Trust
	Proxy     func(*http.Request) (*url.URL, error) // nil: no proxy; see EnvironmentProxy
	KeepAlive bool                                  // connections are kept for further requests
}

// NewTransport returns the transport that everybody uses: HTTP/2 where the server offers it,
// bounded headers, no decompression (Answer does that), international names.
func NewTransport(o TransportOptions) *http.Transport {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	d := dialer{o.Trust}
	return &http.Transport{
		Proxy:          o.Proxy,
		DialContext:    d.plain,
		DialTLSContext: d.secure,
		// For connections through a proxy, which the two above do not make.
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

// EnvironmentProxy is http.ProxyFromEnvironment without the address, password and all,
// that its error quotes.
func EnvironmentProxy(r *http.Request) (*url.URL, error) {
	proxy, err := http.ProxyFromEnvironment(r)
	if err != nil {
		return nil, errors.New("the proxy that HTTP_PROXY or HTTPS_PROXY names is no URL")
	}
	return proxy, nil
}

// hop is what a dialer is told of the request that it dials for. A Transport hands on the
// values of the request's context, and not its deadline.
type hop struct {
	trace     *Trace
	deadline  time.Time
	elsewhere bool // another host sent us there
}

type hopKey struct{}

// Traced lets a trace see the request of a context, where it needs a new connection. A
// Client does so by itself.
func Traced(ctx context.Context, trace *Trace) context.Context {
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
	return newTurns(conn, h.trace), h, nil
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
		trust = trust.elsewhere()
	}
	host, _, _ := net.SplitHostPort(addr) // Dial has split it before
	secured, err := Handshake(ctx, conn, trust, host, h.trace, "h2", "http/1.1")
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secured, nil
}

// turns lets nothing be read from a connection before something was written to it. A
// server that speaks first, as one of mail does, then fails in the same words every time.
type turns struct {
	net.Conn
	trace *Trace
	once  sync.Once
	ready chan struct{}
}

func newTurns(conn net.Conn, trace *Trace) *turns {
	return &turns{Conn: conn, trace: trace, ready: make(chan struct{})}
}

// Read implements net.Conn.
func (t *turns) Read(p []byte) (int, error) {
	<-t.ready
	n, err := t.Conn.Read(p)
	if err != nil {
		t.trace.breaks(err)
	}
	return n, err
}

// Write implements net.Conn.
func (t *turns) Write(p []byte) (int, error) {
	n, err := t.Conn.Write(p)
	t.open()
	return n, err
}

// Close implements net.Conn.
func (t *turns) Close() error {
	t.open()
	return t.Conn.Close()
}

func (t *turns) open() { t.once.Do(func() { close(t.ready) }) }
