package containertest

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Proxy is a proxy between a watchdog and the engine's socket. It records every request, and can
// cut the connections. At the end of the test it fails the test if there was any request other
// than GET and HEAD of the paths that the watchdog may read.
type Proxy struct {
	Host string // in the form of WATCHDOG_DOCKER_HOST
	Logs bool   // allow container logs; set it before the first request

	engine   string // path of the engine's socket
	mu       sync.Mutex
	requests []string
	open     map[net.Conn]bool
	refuses  bool
}

// readable matches the paths that the watchdog may request, independently of its guard.
var readable = regexp.MustCompile(`^(/v1\.\d+)?/(_ping|events|containers/json|containers/[0-9a-f]{64}/(json|stats))$`)

var readableLogs = regexp.MustCompile(`^(/v1\.\d+)?/containers/[0-9a-f]{64}/logs$`)

// NewProxy starts a proxy to the real engine on a temporary socket.
func NewProxy(t testing.TB) *Proxy {
	t.Helper()
	return NewProxyTo(t, Host())
}

// NewProxyTo starts a proxy to the engine at host, a Unix socket.
func NewProxyTo(t testing.TB, host string) *Proxy {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "docker.sock")
	l, err := new(net.ListenConfig).Listen(t.Context(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{Host: "unix://" + socket, engine: strings.TrimPrefix(host, "unix://"), open: make(map[net.Conn]bool)}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(t.Context(), conn)
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		p.Cut()
		p.check(t)
	})
	return p
}

func (p *Proxy) check(t testing.TB) {
	for _, r := range p.Requests() {
		method, path, _ := strings.Cut(r, " ")
		reads := readable.MatchString(path) || p.Logs && readableLogs.MatchString(path)
		if method != http.MethodGet && method != http.MethodHead || !reads {
			t.Errorf("%s reached the engine's socket", r)
		}
	}
}

// serve forwards the requests of one connection to the engine.
func (p *Proxy) serve(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	engine, err := new(net.Dialer).DialContext(ctx, "unix", p.engine)
	if err != nil {
		return
	}
	defer engine.Close()
	if !p.opened(conn, engine) {
		return
	}
	defer p.closed(conn, engine)
	go func() { _, _ = io.Copy(conn, engine); _ = conn.Close() }()
	for in := bufio.NewReader(conn); ; {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		p.mu.Lock()
		p.requests = append(p.requests, r.Method+" "+r.URL.Path)
		p.mu.Unlock()
		if r.Write(engine) != nil {
			return
		}
	}
}

func (p *Proxy) opened(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		p.open[c] = true
	}
	return !p.refuses
}

func (p *Proxy) closed(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		delete(p.open, c)
	}
}

// Requests returns all requests so far, as "GET /v1.41/containers/json".
func (p *Proxy) Requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests)
}

// Cut closes every connection.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		_ = c.Close()
	}
}

// Refuse sets whether new connections are refused.
func (p *Proxy) Refuse(refuses bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuses = refuses
}
