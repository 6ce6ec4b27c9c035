package webhook

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/messages/secret"
)

// Any answer means success or a failure, with a pause from 0 to longestPause.
func FuzzAnswer(f *testing.F) {
	f.Add(200, "ok", "", "")
	f.Add(429, `{"retry_after": 1e300}`, "1e300", "NaN")
	f.Add(429, `{"retry_after_ms": -5}`, "Fri, 31 Dec 9999 23:59:59 GMT", "Thu, 01 Jan 1970 00:00:00 GMT")
	f.Add(400, `{"code":"invalid_payload","errcode":"M_UNKNOWN_TOKEN"}`, "-1", "")
	f.Add(503, "<title>hunter2hunter2</title>", "+Inf", "x")
	f.Add(302, "", "0x1p9", "")
	f.Fuzz(func(t *testing.T, status int, body, after, date string) {
		if status < 100 || status > 999 {
			return
		}
		for _, form := range forms {
			answer := peer.NewAnswer(&http.Response{
				StatusCode: status, Status: http.StatusText(status), Body: io.NopCloser(strings.NewReader(body)),
				Header:  http.Header{"Retry-After": {after}, "Date": {date}, "X-Ratelimit-Reset": {after}, "Content-Type": {date}},
				Request: httptest.NewRequest(http.MethodPost, "http://x/", nil),
			}, secret.NewCleaner("hunter2hunter2"))
			said, begin := answer.Refused()
			err := form.judge(answer, said, begin, time.Unix(1e9, 0))
			answer.Close()
			var failure *notifier.Failure
			if err == nil {
				continue
			}
			if !errors.As(err, &failure) || failure.RetryAfter < 0 || failure.RetryAfter > longestPause {
				t.Errorf("%s: %v, a pause of %s", form.name, err, failure.RetryAfter)
			}
			if shown := err.Error(); strings.Contains(shown, "hunter2hunter2") || strings.ContainsAny(shown, "\r\n\x00\u202e") {
				t.Errorf("%s shows %q", form.name, shown)
			}
		}
	})
}
