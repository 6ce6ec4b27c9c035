package peer

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// maxEncodings is how many nested encodings of a body are decoded.
const maxEncodings = 3

var errBroken = errors.New("its body is not encoded as its Content-Encoding says")

// decoded returns the body without its content encodings, including those that the request did
// not accept.
func decoded(body io.Reader, header http.Header) (io.Reader, error) {
	var encodings []string
	for _, line := range header.Values("Content-Encoding") {
		for one := range strings.SplitSeq(line, ",") {
			if one = strings.ToLower(strings.TrimSpace(one)); one != "" && one != "identity" {
				encodings = append(encodings, one)
			}
		}
	}
	if len(encodings) > maxEncodings {
		return nil, fmt.Errorf("its answer is encoded %d times", len(encodings))
	}
	for i := len(encodings) - 1; i >= 0; i-- {
		open, ok := decoders[encodings[i]]
		if !ok {
			return nil, fmt.Errorf("its answer is encoded as %q, which was not requested: make it send gzip or no encoding", encodings[i])
		}
		body = &lazy{source: bufio.NewReader(body), open: open}
	}
	return body, nil
}

var decoders = map[string]func(*bufio.Reader) (io.Reader, error){
	"gzip":    unzip,
	"x-gzip":  unzip,
	"deflate": inflate,
}

func unzip(r *bufio.Reader) (io.Reader, error) {
	if head, _ := r.Peek(2); string(head) != "\x1f\x8b" {
		return nil, errBroken
	}
	return gzip.NewReader(r)
}

// inflate decodes deflate with the zlib header, as specified, and without, as some servers send it.
func inflate(r *bufio.Reader) (io.Reader, error) {
	if head, err := r.Peek(2); err == nil && head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		return zlib.NewReader(r)
	}
	return flate.NewReader(r), nil
}

// lazy opens a decoder at the first read. An empty body is valid for any encoding.
type lazy struct {
	source *bufio.Reader
	open   func(*bufio.Reader) (io.Reader, error)
	reader io.Reader
}

// Read implements io.Reader. It returns errBroken for a body that is not encoded so, and the
// error of the connection for an incomplete one.
func (l *lazy) Read(p []byte) (int, error) {
	if l.reader == nil {
		if _, err := l.source.Peek(1); err != nil {
			return 0, err
		}
		reader, err := l.open(l.source)
		if err != nil {
			return 0, brokenOr(err)
		}
		l.reader = reader
	}
	n, err := l.reader.Read(p)
	return n, brokenOr(err)
}

func brokenOr(err error) error {
	var corrupt flate.CorruptInputError
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, zlib.ErrHeader) ||
		errors.Is(err, zlib.ErrChecksum) || errors.Is(err, zlib.ErrDictionary) || errors.As(err, &corrupt) {
		return errBroken
	}
	return err
}

// DecodingTransport returns a transport that decodes the bodies of base and ends them after limit
// bytes. It is for libraries that read bodies themselves.
func DecodingTransport(base http.RoundTripper, limit int64) http.RoundTripper {
	return decodingTransport{base, limit}
}

type decodingTransport struct {
	base  http.RoundTripper
	limit int64
}

// RoundTrip implements http.RoundTripper.
func (b decodingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := decoded(resp.Body, resp.Header)
	if err != nil {
		_ = resp.Body.Close()
		return nil, err
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(body, b.limit), resp.Body}
	return resp, nil
}

// withoutBOM drops a byte order mark.
func withoutBOM(body []byte) []byte { return bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")) }
