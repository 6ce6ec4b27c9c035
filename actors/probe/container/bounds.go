package container

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

const (
	// maxAnswer bounds an answer about one container, in bytes.
	maxAnswer = 1 << 20
	// maxNodes bounds the number of values in it: decoding many empty values takes about forty
	// times the length of the JSON.
	maxNodes = 50_000
	// maxLine bounds one event, in bytes. Its attributes include the container's labels.
	maxLine = 1 << 20
)

var errTooLong = errors.New("the engine's answer is too long")

// bounded fails the read of an answer that is longer than any engine sends.
type bounded struct{ base http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	limit := &limited{ReadCloser: resp.Body, most: maxAnswer}
	resp.Body = limit
	switch {
	case strings.HasSuffix(r.URL.Path, "/events"):
		limit.most, limit.perLine = maxLine, true
	case strings.HasSuffix(r.URL.Path, "/containers/json") && resp.StatusCode == http.StatusOK:
		limit.most = maxEntry
		resp.Body = newThin(limit)
	case strings.HasSuffix(r.URL.Path, "/logs"):
		limit.most = maxLog
	default:
		limit.nodes = maxNodes
	}
	return resp, nil
}

// limited fails a read after most bytes in all or in one line, or after too many values.
type limited struct {
	io.ReadCloser
	most    int
	perLine bool
	read    int
	nodes   int // values that are still allowed; 0 at the start: any number
}

// Read implements io.Reader.
func (l *limited) Read(p []byte) (int, error) {
	n, err := l.ReadCloser.Read(p)
	l.read += n
	if l.perLine {
		if end := bytes.LastIndexByte(p[:n], '\n'); end >= 0 {
			l.read = n - end - 1
		}
	}
	if l.nodes > 0 {
		if l.nodes -= bytes.Count(p[:n], []byte{','}); l.nodes <= 0 {
			return 0, fmt.Errorf("%w: over %d values", errTooLong, maxNodes)
		}
	}
	if l.read > l.most {
		return 0, fmt.Errorf("%w: over %d bytes", errTooLong, l.most)
	}
	return n, err
}
