package orchestrator

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/secret"
)

const token = "orch-token-7f3a"

// answering is an orchestrator that answers everything in one way.
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
	return Options{URL: url, Timeout: 5 * time.Second, Stale: 5 * time.Minute, MaxBytes: 1 << 20, Token: secret.New(token), Now: time.Now}
}

// none is the level of a signal that was not observed.
const none = messages.Critical + 1

// find gives the observation of a signal.
func find(r probe.Reading, key messages.Key) messages.Observation {
	i := slices.IndexFunc(r.Observations, func(o messages.Observation) bool { return o.Signal == key })
	if i < 0 {
		return messages.Observation{Level: none}
	}
	return r.Observations[i]
}

// A scrape that is no envelope is orch_down, critical, with a detail that says which way,
// an error for the probe's figures, and not one other signal; the token is in neither.
func TestWhatIsNoEnvelopeIsDown(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	const prom = "text/plain; version=0.0.4"
	for _, c := range []struct {
		name, url, detail string
	}{
		{"refused", closed.URL, "connection refused"},
		{"no such name", "http://no..name/metrics", "does not resolve"},
		{"a URL that is none", "http://[::1", "is not a URL"},
		{"an error", serving(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }).URL, "status 503"},
		{"not modified", serving(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(304) }).URL, "status 304"},
		{"silence", serving(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }).URL, "no answer within"},
		{"a byte now and then", serving(t, drip).URL, "no answer within"},
		{"cut off", serving(t, cutOff).URL, "closed in the middle"},
		{"no HTTP", notHTTP(t), "malformed HTTP"},
		{"without an end", serving(t, endless).URL, "larger than 1048576 bytes"},
		{"a gzip bomb", serving(t, bomb).URL, "larger than 1048576 bytes"},
		{"no gzip", serving(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, "{}")
		}).URL, "broke off"},
		{"another packing", serving(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "br")
			_, _ = io.WriteString(w, "{}")
		}).URL, `packed as "br"`},
		{"a redirect elsewhere", serving(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://other.invalid/", http.StatusFound)
		}).URL, "another host"},
		{"a redirect loop", serving(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/again", http.StatusFound)
		}).URL, "more than 5 times"},
		{"nothing", answering(t, "application/json", "").URL, "empty"},
		{"white space", answering(t, "", " \r\n").URL, "empty"},
		{"HTML", answering(t, "text/html", "<html>").URL, "HTML"},
		{"HTML that says JSON", answering(t, "application/json", "<html>").URL, "HTML"},
		{"half a JSON", answering(t, "application/json", `{"schema_version":1,"queue":{"de`).URL, "half a JSON"},
		{"broken JSON", answering(t, "application/json", `{"schema_version":1,}`).URL, "no JSON"},
		{"two JSONs", answering(t, "application/json", `{"schema_version":1}{}`).URL, "no JSON"},
		{"NaN in JSON", answering(t, "application/json", `{"schema_version":1,"a":NaN}`).URL, "no JSON"},
		{"deep nesting", answering(t, "application/json", strings.Repeat("[", 100_000)).URL, "no JSON"},
		{"a list", answering(t, "application/json", "[1]").URL, "no object"},
		{"no schema_version", answering(t, "application/json", `{"a":1}`).URL, "no schema_version"},
		{"null", answering(t, "application/json", `{"schema_version":null}`).URL, "no schema_version"},
		{"a string", answering(t, "application/json", `{"schema_version":"1"}`).URL, "not an integer"},
		{"zero", answering(t, "application/json", `{"schema_version":0}`).URL, "not an integer"},
		{"a fraction", answering(t, "application/json", `{"schema_version":1.5}`).URL, "not an integer"},
		{"huge", answering(t, "application/json", `{"schema_version":1e999}`).URL, "too large"},
		{"twice", answering(t, "application/json", `{"schema_version":1,"schema_version":1}`).URL, "stands twice"},
		{"not UTF-8", answering(t, "application/json", "{\"schema_version\":1,\"a\":\"\xff\"}").URL, "not valid UTF-8"},
		{"plain words", answering(t, "text/plain", "pong").URL, "no envelope"},
		{"wrong text", answering(t, prom, "# HELP a b\na 1\nb 2 x\n").URL, "wrong in line 3"},
		{"only comments", answering(t, prom, "# TYPE a counter\n").URL, "no sample"},
		{"JSON that says text", answering(t, prom, `{"schema_version":1}`).URL, "looks like JSON"},
		{"text that says JSON", answering(t, "application/json", "a 1\n").URL, "no JSON"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := options(c.url)
			if c.name == "silence" || c.name == "a byte now and then" {
				o.Timeout = 50 * time.Millisecond
			}
			o.DefaultRules = true
			r, err := New(o).Observe(t.Context())
			if err == nil || len(r.Observations) != 1 {
				t.Fatalf("error %v, observations %v; want an error and orch_down alone", err, r.Observations)
			}
			down := find(r, "orch_down")
			if down.Level != messages.Critical || !strings.Contains(down.Detail, c.detail) {
				t.Errorf("orch_down is %s, %q; want critical, with %q", down.Level, down.Detail, c.detail)
			}
			if strings.Contains(err.Error()+down.Detail, token) {
				t.Error("the token shows")
			}
		})
	}
}

func drip(w http.ResponseWriter, r *http.Request) {
	beat := time.NewTicker(5 * time.Millisecond)
	defer beat.Stop()
	for r.Context().Err() == nil {
		_, _ = io.WriteString(w, " ")
		_ = http.NewResponseController(w).Flush()
		<-beat.C
	}
}

func cutOff(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	_, _ = io.WriteString(w, `{"schema_version":1`)
}

func endless(w http.ResponseWriter, _ *http.Request) {
	block := []byte(strings.Repeat(" ", 64<<10))
	for range 100 << 20 / len(block) {
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}

func bomb(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	block := make([]byte, 1<<20)
	for range 20 {
		if _, err := z.Write(block); err != nil {
			return
		}
	}
	_ = z.Close()
}

// notHTTP is a server that greets as another protocol does.
func notHTTP(t *testing.T) string {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, "220 mail.example.org ESMTP\r\n")
			_, _ = io.CopyN(io.Discard, c, 1)
			_ = c.Close()
		}
	}()
	return "http://" + l.Addr().String()
}

// An envelope in either form is well, whatever the Content-Type where that names no form.
func TestEitherFormIsAnEnvelope(t *testing.T) {
	const json = `{"schema_version":1}`
	for _, c := range []struct{ name, contentType, body string }{
		{"JSON", "application/json; charset=utf-8", json},
		{"JSON by suffix", "application/vnd.acme+json", json},
		{"JSON by its first byte", "text/plain", json},
		{"JSON without a type", "", json},
		{"JSON behind a byte order mark", "", "\xef\xbb\xbf\r\n" + json},
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

// With format any-json, JSON without a schema_version is an envelope too, also a list.
func TestAnyJSON(t *testing.T) {
	for _, body := range []string{`{"a":1}`, `[1]`, `{"schema_version":"v3"}`} {
		o := options(answering(t, "application/json", body).URL)
		o.AnyJSON = true
		if _, err := New(o).Observe(t.Context()); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// A higher schema_version is read all the same, and said once per version (the note's
// text, which the actor logs once, is the version's).
func TestANewerSchemaIsReadAndSaid(t *testing.T) {
	rules := must(t, RuleSpec{Name: "deep", Field: "queue.depth", Raise: "> 1"})
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

// orch_stale is there once the envelope has a generated_at, and warns beyond the limit.
func TestStale(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	var body string
	server := serving(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
	for _, c := range []struct {
		name        string
		generatedAt string
		want        messages.Level
	}{
		{"not there yet", ``, none},
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
		{"gone", ``, messages.Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := options(server.URL)
			o.Now = func() time.Time { return now }
			p := New(o)
			p.stale = c.name == "gone"
			body = `{"schema_version":1}`
			if c.generatedAt != "" {
				body = `{"schema_version":1,"generated_at":` + c.generatedAt + `}`
			}
			r, err := p.Observe(t.Context())
			if got := find(r, "orch_stale"); err != nil || got.Level != c.want {
				t.Errorf("orch_stale is %s, %q; want %s (%v)", got.Level, got.Detail, c.want, err)
			}
		})
	}
}

// The request is a GET with the token, also after a redirect within the host, and
// another host never sees it.
func TestTheTokenStaysWithItsHost(t *testing.T) {
	var seen []string
	other := serving(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("another host was asked: %v", r.Header) })
	var to string
	server := serving(t, func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization"))
		if r.URL.Path == "/" {
			http.Redirect(w, r, to, http.StatusTemporaryRedirect)
			return
		}
		_, _ = io.WriteString(w, `{"schema_version":1}`)
	})
	to = "/metrics"
	if _, err := New(options(server.URL)).Observe(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{"GET / Bearer " + token, "GET /metrics Bearer " + token}
	if !slices.Equal(seen, want) {
		t.Errorf("requests %q, want %q", seen, want)
	}
	to = other.URL
	if _, err := New(options(server.URL)).Observe(t.Context()); err == nil {
		t.Error("a redirect to another host is a failed scrape")
	}
}

// The Date header of an answer tells how far its clock is ahead of ours.
func TestTheDateHeaderIsHandedOn(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	server := serving(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", now.Add(time.Minute).Format(http.TimeFormat))
		_, _ = io.WriteString(w, `{"schema_version":1}`)
	})
	o := options(server.URL)
	var got time.Duration
	var source string
	o.Now, o.OnDate = func() time.Time { return now }, func(s string, d time.Duration) { source, got = s, d }
	if _, err := New(o).Observe(t.Context()); err != nil || got != time.Minute || "http://"+source != server.URL {
		t.Errorf("told %q %s (%v), want the server's host and 1m", source, got, err)
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

func must(t testing.TB, specs ...RuleSpec) []Rule {
	t.Helper()
	rules := make([]Rule, len(specs))
	for i, s := range specs {
		var err error
		if rules[i], err = ParseRule(s); err != nil {
			t.Fatal(err)
		}
	}
	return rules
}
