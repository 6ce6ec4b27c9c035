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
	maxStatus  = 80       // how many bytes of a status line are shown
	maxExcerpt = 200      // how many bytes of a body are shown in a refusal
	maxRefusal = 16 << 10 // how many bytes of a body are read for a refusal
)

// Answer is a response whose body was not read yet. The caller must close it once it needs
// neither the body nor anything parsed from it.
type Answer struct {
	Status int

	url       *url.URL  // the URL that answered, after all redirects
	requested *url.URL  // the URL that was requested
	sent      time.Time // when the last connection was ready
	received  time.Time // when the headers were read
	response  *http.Response
	trace     *Trace
	cleaner   *secret.Cleaner
	context   context.Context // of the request
	release   func()          // releases the reservation of a large body; nil: none
}

// NewAnswer returns the answer for a response that another client received.
func NewAnswer(response *http.Response, cleaner *secret.Cleaner) *Answer {
	u := response.Request.URL
	return &Answer{Status: response.StatusCode, url: u, requested: u, response: response, cleaner: cleaner, context: response.Request.Context()}
}

// Close ends the exchange.
func (a *Answer) Close() {
	_ = a.response.Body.Close()
	if a.release != nil {
		a.release()
	}
}

// Header returns a header with our credentials masked. Use Sanitize before showing it to people.
func (a *Answer) Header(name string) string { return a.cleaner.Clean(a.response.Header.Get(name)) }

// Sanitize returns text of the peer for people: with our credentials masked, in one line of at most
// limit bytes.
func (a *Answer) Sanitize(text string, limit int) string { return Line(a.cleaner.Clean(text), limit) }

// Date returns the time of the Date header. It reports false if there is none or a cache answered.
func (a *Answer) Date() (time.Time, bool) {
	date, err := http.ParseTime(a.response.Header.Get("Date"))
	return date, err == nil && a.response.Header.Get("Age") == ""
}

// statusLine returns the status as the peer sent it, as 503 Service Unavailable.
func (a *Answer) statusLine() string { return a.Sanitize(a.response.Status, maxStatus) }

// Read returns up to limit bytes of the body, decoded and without a BOM. whole reports whether
// that is all of it. A large body waits for a reservation, which Close releases. The error
// names the step.
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
	if err == nil || errors.Is(err, io.EOF) {
		return body, true, nil
	}
	if _, tooLong := errors.AsType[*TooLongError](err); tooLong {
		return body, false, nil
	}
	return nil, false, a.bodyError(err, int64(read.Len()))
}

// readLarge reads the rest of the body after it has reserved limit bytes.
func (a *Answer) readLarge(read *bytes.Buffer, rest io.Reader, limit int64) error {
	release, err := reserve(a.context, limit)
	if err != nil {
		return err
	}
	a.release = release
	_, err = read.ReadFrom(rest)
	return err
}

// Body returns the decoded body as a stream that fails with a *TooLongError after limit bytes. It
// needs no reservation. The error names the step.
func (a *Answer) Body(limit int64) (io.Reader, error) {
	// Limit the encoded bytes too: an endless encoding may decode to nothing.
	reader, err := decoded(MaxBytesReader(a.response.Body, limit+limit/8+maxFrame), a.response.Header)
	if err != nil {
		return nil, AtStep("body", errors.New(a.Sanitize(err.Error(), maxReason)))
	}
	return MaxBytesReader(reader, limit), nil
}

// bodyError returns an error of reading the body in plain words, with the number of bytes read.
func (a *Answer) bodyError(err error, after int64) error {
	if errors.Is(err, errBusy) {
		return AtStep("body", err)
	}
	return AtStep("body", fmt.Errorf("%w (after %d bytes)", a.trace.Explain(err), after))
}

// Refusal returns the status line and the reason in the body, for people.
func (a *Answer) Refusal() string {
	reason, _ := a.Refused()
	return reason
}

// Refused returns the same as Refusal and the start of the body. The body may hold our
// credentials, so it must not be shown.
func (a *Answer) Refused() (reason string, body []byte) {
	body, _, err := a.Read(maxRefusal)
	if err != nil {
		body = nil
	}
	text := a.statusLine()
	if reason := a.reason(body); reason != "" {
		text += ": " + reason
	}
	if !sameHost(a.url, a.requested) {
		text += fmt.Sprintf(" (redirected to %s, where no credentials are sent)", a.Sanitize(a.url.Host, maxName))
	}
	return text, body
}

// title matches the title of an error page.
var title = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)

// reason returns the start of a text body, or the title of an HTML page; empty: there is none.
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
