package webhook

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/peer"
)

// verdict is what an answer means.
type verdict uint8

const (
	unknown    verdict = iota
	delivered          // asking again brings nothing
	soon               // it fails at present
	tooMany            // it asks for a pause
	forGood            // it refuses for good
	forContent         // it refuses this message, and may take another
)

// byStatus is what a status means where the form says nothing else.
func byStatus(status int) verdict {
	switch {
	case status/100 == 2:
		return delivered
	case status == http.StatusTooManyRequests:
		return tooMany
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status/100 == 5 && status != http.StatusNotImplemented:
		return soon
	case status == http.StatusBadRequest, status == http.StatusRequestEntityTooLarge, status == http.StatusUnprocessableEntity,
		status == http.StatusUnsupportedMediaType, status == http.StatusRequestHeaderFieldsTooLarge:
		return forContent
	}
	return forGood
}

// meaning is what an answer means by the documents of its form.
func (f *form) meaning(status int, body []byte) verdict {
	if f.code != nil && status/100 != 2 {
		if v := f.means[f.code(body)]; v != unknown {
			return v
		}
	}
	if v := f.means[strconv.Itoa(status)]; v != unknown {
		return v
	}
	return byStatus(status)
}

// defaultPause is that of a 429 which names none.
const defaultPause = 30 * time.Second

// judge makes of an answer what the notifier's actor goes on with; nil: it was delivered.
func (f *form) judge(answer *peer.Answer, said string, body []byte, now time.Time) error {
	v := f.meaning(answer.Status, body)
	failure := &notifier.Failure{Err: fmt.Errorf("%s says %s", f.says, said)}
	switch v {
	case delivered:
		return nil
	case tooMany:
		failure.RetryAfter = pause(answer, body, now)
		if failure.RetryAfter == 0 {
			failure.RetryAfter = defaultPause
		}
	case soon:
		failure.RetryAfter = pause(answer, nil, now)
	case forContent:
		failure.Content = true
	case forGood, unknown:
		failure.Permanent, failure.Remedy = true, f.remedy
		if answer.Status/100 == 3 {
			failure.Remedy = "redirects are not followed: set url to where it sends to"
		}
	}
	return failure
}

// longestPause bounds what is read as a pause.
const longestPause = 7 * 24 * time.Hour

// pause is the longest that an answer asks for: in Retry-After, as seconds or a date, in
// X-Ratelimit-Reset (Mattermost's, in seconds), in retry_after (Slack's and Discord's, in
// seconds) or in retry_after_ms (Matrix'). 0: it asks for none.
func pause(answer *peer.Answer, body []byte, now time.Time) time.Duration {
	longest := max(seconds(answer.Header("Retry-After")), until(answer, now))
	if body != nil {
		longest = max(longest, seconds(answer.Header("X-Ratelimit-Reset")))
	}
	var said struct {
		Seconds json.Number `json:"retry_after"`
		Millis  json.Number `json:"retry_after_ms"`
	}
	if json.Unmarshal(body, &said) == nil {
		longest = max(longest, seconds(said.Seconds.String()), seconds(said.Millis.String())/1000)
	}
	return longest
}

// seconds reads a number of seconds; 0: it is none.
func seconds(text string) time.Duration {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !(n > 0) {
		return 0
	}
	return time.Duration(min(n, longestPause.Seconds()) * float64(time.Second))
}

// until reads a date in Retry-After by the peer's own clock, where it tells what that says.
func until(answer *peer.Answer, now time.Time) time.Duration {
	at, err := http.ParseTime(answer.Header("Retry-After"))
	if err != nil {
		return 0
	}
	if theirs, ok := answer.Date(); ok {
		now = theirs
	}
	return min(max(0, at.Sub(now)), longestPause)
}
