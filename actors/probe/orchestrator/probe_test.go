package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/actors/probe/orchestrator/rule"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/secret"
)

const token = "orch-token-7f3a"

// answering starts an orchestrator that gives every request the same answer.
func answering(t *testing.T, contentType, body string) *httptest.Server {
	return serving(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = []string{contentType}
		_, _ = io.WriteString(w, body)
	})
}

func serving(t *testing.T, h http.HandlerFunc) *httptest.Server {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func options(url string) Options {
	return Options{Settings: Settings{URL: url, Timeout: 5 * time.Second, Stale: 5 * time.Minute, MaxBytes: 1 << 20, Token: secret.New(token)}, Now: time.Now}
}

// none stands for a signal that was not observed.
const none = messages.Critical + 1

// find returns the observation of a signal.
func find(r probe.Reading, key messages.Key) messages.Observation {
	i := slices.IndexFunc(r.Observations, func(o messages.Observation) bool { return o.Signal == key })
	if i < 0 {
		return messages.Observation{Level: none}
	}
	return r.Observations[i]
}

// An envelope is accepted in either form. If the Content-Type names no form, the first byte does.
func TestEitherFormIsAnEnvelope(t *testing.T) {
	const json = `{"schema_version":1}`
	for _, c := range []struct{ name, contentType, body string }{
		{"JSON", "application/json; charset=utf-8", json},
		{"JSON by suffix", "application/vnd.acme+json", json},
		{"JSON by its first byte", "text/plain", json},
		{"JSON without a type", "", json},
		{"JSON after a byte order mark", "", "\xef\xbb\xbf\r\n" + json},
		{"1.0 is an integer", "", `{"schema_version":1.0}`},
		{"Prometheus", "text/plain; version=0.0.4; charset=utf-8", "up 1\n"},
		{"Prometheus without a type", "", "# HELP up b\nup 1\n"},
		{"CRLF and no final newline", "text/plain; version=0.0.4", "# TYPE up gauge\r\nup 1\r\ndown 2"},
		{"NaN and infinities", "text/plain; version=0.0.4", "a NaN\nb +Inf\nc -Inf\n"},
		{"OpenMetrics", "application/openmetrics-text; version=1.0.0",
			"# TYPE a histogram\na_bucket{le=\"1 # {\\\"\"} 5 1700000000.25 # {trace=\"x\"} 0.5 1.5\na_count 5\n# EOF\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := New(options(answering(t, c.contentType, c.body).URL)).Observe(t.Context())
			if down := find(r, "orch_down"); err != nil || down.Level != messages.OK {
				t.Errorf("orch_down is %s, %q (%v); want ok", down.Level, down.Detail, err)
			}
		})
	}
}

// With format any-json, JSON without a schema_version is an envelope, even a list.
func TestAnyJSON(t *testing.T) {
	for _, body := range []string{`{"a":1}`, `[1]`, `{"schema_version":"v3"}`} {
		o := options(answering(t, "application/json", body).URL)
		o.AnyJSON = true
		if _, err := New(o).Observe(t.Context()); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// A higher schema_version is read, with a note that names the version. The actor logs each
// different note once.
func TestANewerSchemaIsReadAndNoted(t *testing.T) {
	rules := must(t, rule.Spec{Name: "deep", Field: "queue.depth", Raise: "> 1"})
	o := options(answering(t, "", `{"schema_version":7,"queue":{"depth":2}}`).URL)
	o.Rules = rules
	r, err := New(o).Observe(t.Context())
	if err != nil || find(r, "orch_rule:deep").Level != messages.Warning {
		t.Errorf("got %v, %v; want the rule judged", r.Observations, err)
	}
	if len(r.Notes) != 1 || r.Notes[0].Event != "schema_newer" || !strings.Contains(r.Notes[0].Text, "is 7") {
		t.Errorf("notes %v; want schema_newer with the version", r.Notes)
	}
}

// orch_stale is observed if the envelope has a generated_at, and warns beyond the limit.
func TestStale(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	var body string
	server := serving(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
	for _, c := range []struct {
		name        string
		generatedAt string
		want        messages.Level
	}{
		{"missing", ``, none},
		{"null", `null`, none},
		{"RFC 3339, fresh", `"2026-11-23T13:56:00+02:00"`, messages.OK},
		{"exactly as old as allowed", `"2026-11-23T11:55:00Z"`, messages.OK},
		{"RFC 3339 with fractions, old", `"2026-11-23T11:54:59.999Z"`, messages.Warning},
		{"Unix seconds", fmt.Sprint(now.Add(-time.Minute).Unix()), messages.OK},
		{"Unix seconds with fractions, old", fmt.Sprintf("%d.5", now.Add(-6*time.Minute).Unix()), messages.Warning},
		{"ahead of our clock", fmt.Sprint(now.Add(time.Hour).Unix()), messages.OK},
		{"milliseconds", fmt.Sprint(now.UnixMilli()), messages.Unknown},
		{"words", `"yesterday"`, messages.Unknown},
		{"twice", `1,"generated_at":2`, messages.Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := options(server.URL)
			o.Now = func() time.Time { return now }
			p := New(o)
			body = `{"schema_version":1}`
			if c.generatedAt != "" {
				body = `{"schema_version":1,"generated_at":` + c.generatedAt + `}`
			}
			r, err := p.Observe(t.Context())
			if got := find(r, "orch_stale"); err != nil || got.Level != c.want {
				t.Errorf("orch_stale is %s, %q; want %s (%v)", got.Level, got.Detail, c.want, err)
			}
			// A signal that is off has no data, and is not retired.
			off := slices.ContainsFunc(r.Off, func(off messages.Off) bool { return off.Covers("orch_stale") })
			if off != (c.want == none) {
				t.Errorf("orch_stale is reported as off: %t", off)
			}
		})
	}
}

// OnDate gets the offset of the clock in the Date header.
func TestTheDateHeaderIsPassedOn(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	server := serving(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", now.Add(time.Minute).Format(http.TimeFormat))
		_, _ = io.WriteString(w, `{"schema_version":1}`)
	})
	o := options(server.URL)
	var got time.Duration
	var source string
	o.Now, o.OnDate = func() time.Time { return now }, func(s string, d time.Duration) { source, got = s, d }
	if _, err := New(o).Observe(t.Context()); err != nil || got != time.Minute+time.Second/2 || "http://"+source != server.URL {
		t.Errorf("got %q %s (%v), want the server's host and 1m0.5s", source, got, err)
	}
}

// A reading ends with its context.
func TestTheContextEndsAReading(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server := serving(t, func(_ http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() })
	if _, err := New(options(server.URL)).Observe(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's end", err)
	}
}

func must(t testing.TB, specs ...rule.Spec) []rule.Rule {
	t.Helper()
	rules := make([]rule.Rule, len(specs))
	for i, s := range specs {
		var err error
		if rules[i], err = rule.Parse(s); err != nil {
			t.Fatal(err)
		}
	}
	return rules
}
