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

// maxEncodings bounds how many encodings of an answer are undone, one inside the other.
const maxEncodings = 3

var errBroken = errors.New("its body is not encoded as its Content-Encoding says")

// decoded undoes the content encodings of a body, also where nobody asked for them: what
// a server sends is judged, and not how it is wrapped.
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
		return nil, fmt.Errorf("its answer is encoded %d times over", len(encodings))
	}
	for i := len(encodings) - 1; i >= 0; i-- {
		open, ok := decoders[encodings[i]]
		if !ok {
			return nil, fmt.Errorf("its answer is encoded as %q, which nobody asked for: have it send gzip, or none", encodings[i])
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

// inflate reads deflate as it is specified, in the frame of zlib, and as some servers send
// it, without.
func inflate(r *bufio.Reader) (io.Reader, error) {
	if head, err := r.Peek(2); err == nil && head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		return zlib.NewReader(r)
	}
	return flate.NewReader(r), nil
}

// lazy opens a decoder at the first read. A body without a byte is empty, whatever its
// headers say.
type lazy struct {
	source *bufio.Reader
	open   func(*bufio.Reader) (io.Reader, error)
	reader io.Reader
}

// Read implements io.Reader. A body that is no such encoding fails with errBroken, one
// that breaks off with the error of its connection.
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

// Bounded decodes the bodies of a transport's answers and cuts them off at a number of
// bytes, for libraries that read them by themselves.
func Bounded(base http.RoundTripper, limit int64) http.RoundTripper { return bounded{base, limit} }

type bounded struct {
	base  http.RoundTripper
	limit int64
}

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
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

// withoutBOM drops the mark that some programs put before UTF-8.
func withoutBOM(body []byte) []byte { return bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")) }
