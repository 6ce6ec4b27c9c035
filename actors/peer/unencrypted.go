package peer

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
)

// unencrypted is the transport of all clients over http. It sends each request over a connection of its
// own, in the goroutine of the caller. The Transport of net/http starts three goroutines for that, and
// takes a fifth longer.
type unencrypted struct{}

// errHeaders has the words of the same error of net/http, which textOfHTTP explains.
var errHeaders = errors.New("response headers exceeded the bound")

// RoundTrip implements http.RoundTripper.
func (unencrypted) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	h, _ := ctx.Value(hopKey{}).(hop)
	conn, err := Dial(ctx, HostPort(r.URL), h.trace)
	if err != nil {
		return nil, err
	}
	e := &exchange{Conn: conn, ctx: ctx, trace: h.trace, left: maxHeader, release: Interrupt(ctx, conn)}
	if trace := httptrace.ContextClientTrace(ctx); trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{Conn: conn})
	}
	response, err := e.ask(r)
	if err != nil {
		_ = e.Close()
		return nil, err
	}
	return response, nil
}

// exchange is one request and its answer on a connection that is closed with the answer.
type exchange struct {
	net.Conn
	ctx     context.Context
	trace   *Trace
	release func() bool // stops the interruption by the context
	left    int64       // bytes that may still be read
	buffer  *bufio.Reader
	body    io.Reader
}

// buffers keeps the read buffers of 4 KiB between exchanges.
var buffers = sync.Pool{New: func() any { return bufio.NewReader(nil) }}

// ask sends the request and reads the answer up to its body.
func (e *exchange) ask(r *http.Request) (*http.Response, error) {
	closing := *r
	closing.Close = true
	var request bytes.Buffer
	if err := closing.Write(&request); err != nil {
		return nil, err
	}
	if _, err := e.Write(request.Bytes()); err != nil {
		return nil, err
	}
	e.buffer = buffers.Get().(*bufio.Reader)
	e.buffer.Reset((*answering)(e))
	response, err := e.final(r)
	if err != nil {
		return nil, err
	}
	e.left = math.MaxInt64 // an Answer bounds its body
	e.body, response.Body = response.Body, e
	return response, nil
}

// final reads answers until one is not interim (1xx). The bound on headers holds for all of them.
func (e *exchange) final(r *http.Request) (*http.Response, error) {
	for {
		response, err := http.ReadResponse(e.buffer, r)
		if err != nil || response.StatusCode/100 != 1 || response.StatusCode == http.StatusSwitchingProtocols {
			return response, err
		}
	}
}

// Read reads the body.
func (e *exchange) Read(p []byte) (int, error) { return e.body.Read(p) }

// Close ends the exchange. The rest of the body is not read: it may have no end.
func (e *exchange) Close() error {
	e.release()
	if e.buffer != nil {
		e.buffer.Reset(nil)
		buffers.Put(e.buffer)
		e.buffer, e.body = nil, http.NoBody
	}
	return e.Conn.Close()
}

// answering is the exchange as the source of the raw answer.
type answering exchange

// Read implements io.Reader.
func (a *answering) Read(p []byte) (int, error) {
	if a.left <= 0 {
		a.trace.setReadErr(errHeaders)
		return 0, errHeaders
	}
	n, err := a.Conn.Read(p[:min(int64(len(p)), a.left)])
	a.left -= int64(n)
	if err == nil {
		return n, nil
	}
	a.trace.setReadErr(err)
	if a.ctx.Err() != nil {
		err = a.ctx.Err() // it interrupted the read
	}
	return n, err
}
