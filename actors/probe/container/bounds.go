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
	// maxAnswer is the longest answer that is read: a list of 10,000 containers with a
	// dozen labels each has a third of it.
	maxAnswer = 64 << 20
	// maxLine is the longest event: its attributes are the container's labels.
	maxLine = 1 << 20
)

var errTooLong = errors.New("the engine's answer is too long")

// bounded cuts an answer off where it is longer than any honest one.
type bounded struct{ base http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	limit := &limited{ReadCloser: resp.Body, most: maxAnswer}
	if strings.HasSuffix(r.URL.Path, "/events") {
		limit.most, limit.perLine = maxLine, true
	}
	resp.Body = limit
	return resp, nil
}

// limited fails a read after most bytes: of all, or of one line.
type limited struct {
	io.ReadCloser
	most    int
	perLine bool
	read    int
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
	if l.read > l.most {
		return 0, fmt.Errorf("%w: over %d bytes", errTooLong, l.most)
	}
	return n, err
}
