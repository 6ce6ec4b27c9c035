package peer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"orchestrator-watchdog/messages/secret"
)

const (
	maxStatus  = 80       // bytes of a status line that are shown
	maxExcerpt = 200      // bytes of a body that are shown as the reason of a refusal
	maxRefusal = 16 << 10 // and bytes that are read for them
)

// Answer is a response whose body is still to be read. It is closed by its reader, once
// it holds neither the body nor what was made of it.
type Answer struct {
	Status   int
	URL      *url.URL  // that answered, behind all redirects
	Home     *url.URL  // that was asked
	Sent     time.Time // when the last connection was ready
	Received time.Time // when the headers were read

	response *http.Response
	trace    *Trace
	cleaner  *secret.Cleaner
	context  context.Context // of the request
	release  func()          // the room of a large body; nil: it has none
}

// AnswerOf makes an answer of a response to a request that somebody else sent.
func AnswerOf(response *http.Response, cleaner *secret.Cleaner) *Answer {
	u := response.Request.URL
	return &Answer{Status: response.StatusCode, URL: u, Home: u, response: response, cleaner: cleaner, context: response.Request.Context()}
}

// Close ends the exchange.
func (a *Answer) Close() {
	_ = a.response.Body.Close()
	if a.release != nil {
		a.release()
	}
}

// Header returns a header with our credentials masked. It is for deciding; Said shows it.
func (a *Answer) Header(name string) string { return a.cleaner.Clean(a.response.Header.Get(name)) }

// Said makes text of the peer fit to be shown: our credentials masked, one line, bounded.
func (a *Answer) Said(text string, limit int) string { return Line(a.cleaner.Clean(text), limit) }

// Date is the time of the Date header, where the answer is not that of a cache.
func (a *Answer) Date() (time.Time, bool) {
	date, err := http.ParseTime(a.response.Header.Get("Date"))
	return date, err == nil && a.response.Header.Get("Age") == ""
}

// StatusLine is the status as the peer words it: 503 Service Unavailable.
func (a *Answer) StatusLine() string { return a.Said(a.response.Status, maxStatus) }

// Read reads the body, decoded and without a BOM, up to a number of bytes; whole tells
// whether that was all of it. A large body waits for room first, and keeps it until
// Close. The error names the step.
func (a *Answer) Read(limit int64) (body []byte, whole bool, err error) {
	reader, err := a.Body(limit)
	if err != nil {
		return nil, false, err
	}
	var read bytes.Buffer
	if _, err = io.CopyN(&read, reader, small); err == nil {
		err = a.readLarge(&read, reader, limit)
	}
	body = withoutBOM(read.Bytes())
	var long *TooLong
	switch {
	case err == nil, errors.Is(err, io.EOF):
		return body, true, nil
	case errors.As(err, &long):
		return body, false, nil
	}
	return nil, false, a.Broken(err, int64(read.Len()))
}

// readLarge reads what is beyond the first bytes, once there is room for all of it.
func (a *Answer) readLarge(read *bytes.Buffer, rest io.Reader, limit int64) error {
	release, err := Reserve(a.context, limit)
	if err != nil {
		return err
	}
	a.release = release
	_, err = read.ReadFrom(rest)
	return err
}

// Body is the body, decoded, as a stream that fails with a TooLong after a number of
// bytes. It holds nothing of what was read. The error names the step.
func (a *Answer) Body(limit int64) (io.Reader, error) {
	// What is sent is bounded too: an encoding can hold nothing, without end.
	reader, err := decoded(Cut(a.response.Body, limit+limit/8+maxFrame), a.response.Header)
	if err != nil {
		return nil, At("body", errors.New(a.Said(err.Error(), maxReason)))
	}
	return Cut(reader, limit), nil
}

// Broken words an error of reading the body, after a number of bytes.
func (a *Answer) Broken(err error, after int64) error {
	if errors.Is(err, ErrBusy) {
		return At("body", err)
	}
	return At("body", fmt.Errorf("%w (after %d bytes)", a.trace.Words(err), after))
}

// Refusal says what the peer answered, with the reason that its body gives.
func (a *Answer) Refusal() string {
	said, _ := a.Refused()
	return said
}

// Refused is Refusal, with the start of the body, which is for deciding: it may hold our
// credentials.
func (a *Answer) Refused() (said string, body []byte) {
	body, _, err := a.Read(maxRefusal)
	if err != nil {
		body = nil
	}
	text := a.StatusLine()
	if reason := a.reason(body); reason != "" {
		text += ": " + reason
	}
	if !sameHost(a.URL, a.Home) {
		text += fmt.Sprintf(" (redirected to %s, where no credentials are sent)", a.Said(a.URL.Host, maxName))
	}
	return text, body
}

// title is the heading of an error page, which says more than its first bytes.
var title = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)

// reason is the start of a body that is text, or the title of a page.
func (a *Answer) reason(body []byte) string {
	if len(body) == 0 {
		return ""
	}
	text := string(body)
	switch kind, _, _ := mime.ParseMediaType(a.response.Header.Get("Content-Type")); {
	case kind == "text/html", strings.HasPrefix(strings.TrimSpace(text), "<"):
		found := title.FindStringSubmatch(text)
		if found == nil {
			return ""
		}
		text = found[1]
	case kind == "text/plain", kind == "", strings.HasSuffix(kind, "json"):
	default:
		return ""
	}
	text = strings.Join(strings.Fields(Line(a.cleaner.Clean(text), maxRefusal)), " ")
	if text == "" || strings.Contains(strings.ToLower(a.response.Status), strings.ToLower(text)) {
		return ""
	}
	return fmt.Sprintf("%q", Line(text, maxExcerpt))
}
