package webhook

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/peer"
)

// verdict is the meaning of an answer.
type verdict uint8

const (
	unknown    verdict = iota
	delivered          // no retry
	soon               // a temporary failure
	tooMany            // the server asks for a pause
	forGood            // a permanent failure
	forContent         // the server refuses the content of this message
)

// byStatus returns the usual meaning of a status.
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

// meaning returns the meaning of an answer according to the documentation of the form.
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

// defaultPause is the pause after a 429 that does not name one.
const defaultPause = 30 * time.Second

// judge converts an answer to a *notifier.Failure; nil: the message was delivered.
func (f *form) judge(answer *peer.Answer, reason string, body []byte, now time.Time) error {
	v := f.meaning(answer.Status, body)
	failure := &notifier.Failure{Err: fmt.Errorf("%s says %s", f.name, reason)}
	switch v {
	case delivered:
		return nil
	case tooMany:
		failure.RetryAfter = cmp.Or(pause(answer, body, now), defaultPause)
	case soon:
		failure.RetryAfter = pause(answer, nil, now)
	case forContent:
		failure.Content = true
	case forGood, unknown:
		failure.Permanent, failure.Remedy = true, f.remedy
		if answer.Status/100 == 3 {
			failure.Remedy = "redirects are not followed: set url to the address that it redirects to"
		}
	}
	return failure
}

// longestPause is the longest pause that is accepted.
const longestPause = 7 * 24 * time.Hour

// pause returns the longest pause that an answer asks for, or 0. An answer may have several:
// Retry-After (seconds or a date), X-Ratelimit-Reset (seconds, Mattermost), retry_after (seconds,
// Slack and Discord) and retry_after_ms (Matrix).
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

// seconds parses a number of seconds; 0 if it is invalid or not positive.
func seconds(text string) time.Duration {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !(n > 0) {
		return 0
	}
	return time.Duration(min(n, longestPause.Seconds()) * float64(time.Second))
}

// until returns the time until a date in Retry-After, by the server's own clock if it sends one.
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
