package peer

import (
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

// Answer is a response whose body is still to be read. It is closed by its reader.
type Answer struct {
	Status   int
	URL      *url.URL  // that answered, behind all redirects
	Home     *url.URL  // that was asked
	Sent     time.Time // when the last connection was ready
	Received time.Time // when the headers were read

	response *http.Response
	trace    *Trace
	cleaner  *secret.Cleaner
}

// AnswerOf makes an answer of a response to a request that somebody else sent.
func AnswerOf(response *http.Response, cleaner *secret.Cleaner) *Answer {
	u := response.Request.URL
	return &Answer{Status: response.StatusCode, URL: u, Home: u, response: response, cleaner: cleaner}
}

// Close ends the exchange.
func (a *Answer) Close() { _ = a.response.Body.Close() }

// Header gives a header with our credentials masked. It is for deciding; Said shows it.
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
// whether that was all of it. The error names the step.
func (a *Answer) Read(limit int64) (body []byte, whole bool, err error) {
	// What is sent is bounded too: an encoding can hold nothing, without end.
	sent := &io.LimitedReader{R: a.response.Body, N: limit + limit/8 + maxFrame}
	reader, err := decoded(sent, a.response.Header)
	if err != nil {
		return nil, false, At("body", errors.New(a.Said(err.Error(), maxReason)))
	}
	body, err = io.ReadAll(io.LimitReader(reader, limit+1))
	if int64(len(body)) > limit || sent.N <= 0 {
		return withoutBOM(body[:min(int64(len(body)), limit)]), false, nil
	}
	if err != nil {
		return nil, false, At("body", fmt.Errorf("%w (after %d bytes)", a.trace.Words(err), len(body)))
	}
	return withoutBOM(body), true, nil
}

// Refusal says what the peer answered, with the reason that its body gives.
func (a *Answer) Refusal() string {
	text := a.StatusLine()
	if reason := a.reason(); reason != "" {
		text += ": " + reason
	}
	if !sameHost(a.URL, a.Home) {
		text += fmt.Sprintf(" (redirected to %s, where no credentials are sent)", a.Said(a.URL.Host, maxName))
	}
	return text
}

// title is the heading of an error page, which says more than its first bytes.
var title = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)

// reason is the start of a body that is text, or the title of a page.
func (a *Answer) reason() string {
	body, _, err := a.Read(maxRefusal)
	if err != nil || len(body) == 0 {
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
