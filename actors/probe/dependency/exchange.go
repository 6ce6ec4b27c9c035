package dependency

import (
	"bufio"
	"context"
	"errors"
	"math"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	maxHeader        = 64 << 10 // bytes of status line and headers
	maxInformational = 5        // answers 1xx before the answer
)

// answer is a response whose body is still to be read, and its connection.
type answer struct {
	response *http.Response
	sent     time.Time // when the request was written
	received time.Time // when the headers were read
	close    func()
}

// exchange sends one GET over a connection of its own and reads the answer's headers.
//
// It writes and parses with net/http's own Request.Write and ReadResponse but without
// its Transport: on a connection that serves one request the Transport's pool and its
// two goroutines are cost alone, and here each step is timed where it happens.
func (c *httpCheck) exchange(ctx context.Context, t *trial, target *url.URL, trusted bool) (*answer, error) {
	conn, err := t.dial(ctx, hostPort(target))
	if err != nil {
		return nil, err
	}
	stop := interrupt(ctx, conn)
	a := &answer{close: func() { stop(); _ = conn.Close() }}
	if err := c.ask(ctx, t, a, conn, target, trusted); err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

func (c *httpCheck) ask(ctx context.Context, t *trial, a *answer, conn net.Conn, target *url.URL, trusted bool) error {
	if target.Scheme == "https" {
		v := c.trust
		if v.name == "" || target.Host != c.url.Host { // server_name is that of the first host alone
			v.name = target.Hostname()
		}
		secured, err := t.handshake(ctx, conn, v, "http/1.1")
		if err != nil {
			return err
		}
		conn = secured
	}
	request := c.request(ctx, target, trusted)
	if err := request.Write(conn); err != nil {
		return t.failed("write", err)
	}
	t.done("write")
	a.sent = t.last
	var err error
	if a.response, err = readResponse(conn, request); err != nil { //nolint:bodyclose // it ends with its connection
		return t.failed("status", err)
	}
	t.done("status")
	a.received = t.last
	return nil
}

func (c *httpCheck) request(ctx context.Context, target *url.URL, trusted bool) *http.Request {
	r := (&http.Request{Method: http.MethodGet, URL: target, Host: target.Host, Header: make(http.Header), Close: true}).WithContext(ctx)
	if trusted {
		r.Header = c.header.Clone()
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host // net/http takes it from here alone
	}
	if r.Header.Get("User-Agent") == "" {
		r.Header.Set("User-Agent", userAgent)
	}
	return r
}

var (
	errNotHTTP   = errors.New("the answer is not HTTP")
	errLongHead  = errors.New("the headers of the answer are larger than 64 KiB")
	errOnlyHints = errors.New("it sends informational answers without end")
)

// head reads from a connection up to a bound, and remembers why reading ended.
type head struct {
	conn net.Conn
	left int
	err  error
}

func (h *head) Read(p []byte) (int, error) {
	if h.left <= 0 {
		h.err = errLongHead
		return 0, h.err
	}
	n, err := h.conn.Read(p[:min(len(p), h.left)])
	h.left -= n
	h.err = err
	return n, err
}

// readResponse reads up to the end of the headers. net/http's own errors quote the
// answer, which may echo a secret of the request: they are not passed on.
func readResponse(conn net.Conn, request *http.Request) (*http.Response, error) {
	bound := &head{conn: conn, left: maxHeader}
	reader := bufio.NewReader(bound)
	for range maxInformational {
		response, err := http.ReadResponse(reader, request)
		switch {
		case bound.err != nil && err != nil:
			return nil, bound.err
		case err != nil:
			return nil, errNotHTTP
		case response.StatusCode >= http.StatusOK || response.StatusCode == http.StatusSwitchingProtocols:
			bound.left = math.MaxInt // whoever reads the body bounds it
			return response, nil
		}
	}
	return nil, errOnlyHints
}

// hostPort is where to connect to for a URL.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// compareClocks holds the peer's Date header against our clock at the middle of the
// exchange. The header names whole seconds, so the middle of its second is meant. A
// cache's answer has an Age, and the Date of some time ago.
func (c *httpCheck) compareClocks(a *answer) {
	theirs, err := http.ParseTime(a.response.Header.Get("Date"))
	if c.onDate == nil || err != nil || a.response.Header.Get("Age") != "" {
		return
	}
	ours := a.sent.Add(a.received.Sub(a.sent) / 2)
	c.onDate(hostPort(c.url), theirs.Add(time.Second/2).Sub(ours))
}
