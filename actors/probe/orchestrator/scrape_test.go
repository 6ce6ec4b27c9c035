package orchestrator

import (
	"bufio"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/probe/orchestrator/rule"
	"orchestrator-watchdog/messages"
)

// Any answer but an envelope makes orch_down critical, with the reason as its detail, and is an
// error of the reading. No other signal is observed, and the token is not shown.
func TestAFailedScrapeIsDown(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	const prom = "text/plain; version=0.0.4"
	for _, c := range []struct {
		name, url, detail string
	}{
		{"refused", closed.URL, "connection refused"},
		{"no such name", "http://no..name/metrics", "does not resolve"},
		{"an invalid URL", "http://[::1", "is not a URL"},
		{"an error", serving(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }).URL, "status 503"},
		{"not modified", serving(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(304) }).URL, "status 304"},
		{"silence", serving(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }).URL, "no answer within"},
		{"a byte now and then", serving(t, drip).URL, "no answer within"},
		{"cut off", serving(t, cutOff).URL, "closed by the other side (after 19 bytes)"},
		{"no HTTP", notHTTP(t), "the answer is not HTTP"},
		{"without an end", serving(t, endless).URL, "larger than 1048576 bytes"},
		{"a gzip bomb", serving(t, bomb).URL, "larger than 1048576 bytes"},
		{"no gzip", serving(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, "{}")
		}).URL, "not encoded as its Content-Encoding says"},
		{"another encoding", serving(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "br")
			_, _ = io.WriteString(w, "{}")
		}).URL, `encoded as "br"`},
		{"a redirect to an unknown host", serving(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://other.invalid/", http.StatusFound)
		}).URL, `its name "other.invalid" does not resolve`},
		{"a redirect loop", serving(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/again", http.StatusFound)
		}).URL, "more than 5 times"},
		{"nothing", answering(t, "application/json", "").URL, "empty"},
		{"white space", answering(t, "", " \r\n").URL, "empty"},
		{"HTML", answering(t, "text/html", "<html>").URL, "HTML"},
		{"HTML that says JSON", answering(t, "application/json", "<html>").URL, "HTML"},
		{"half a JSON", answering(t, "application/json", `{"schema_version":1,"queue":{"de`).URL, "half a JSON"},
		{"broken JSON", answering(t, "application/json", `{"schema_version":1,}`).URL, "not JSON"},
		{"two JSONs", answering(t, "application/json", `{"schema_version":1}{}`).URL, "not JSON"},
		{"NaN in JSON", answering(t, "application/json", `{"schema_version":1,"a":NaN}`).URL, "not JSON"},
		{"deep nesting", answering(t, "application/json", strings.Repeat("[", 100_000)).URL, "not JSON"},
		{"a list", answering(t, "application/json", "[1]").URL, "not an object"},
		{"no schema_version", answering(t, "application/json", `{"a":1}`).URL, "no schema_version"},
		{"null", answering(t, "application/json", `{"schema_version":null}`).URL, "no schema_version"},
		{"a string", answering(t, "application/json", `{"schema_version":"1"}`).URL, "not an integer"},
		{"zero", answering(t, "application/json", `{"schema_version":0}`).URL, "not an integer"},
		{"a fraction", answering(t, "application/json", `{"schema_version":1.5}`).URL, "not an integer"},
		{"huge", answering(t, "application/json", `{"schema_version":1e999}`).URL, "too large"},
		{"twice", answering(t, "application/json", `{"schema_version":1,"schema_version":1}`).URL, "is in the envelope twice"},
		{"not UTF-8", answering(t, "application/json", "{\"schema_version\":1,\"a\":\"\xff\"}").URL, "not valid UTF-8"},
		{"plain words", answering(t, "text/plain", "pong").URL, "not an envelope"},
		{"wrong text", answering(t, prom, "# HELP a b\na 1\nb 2 x\n").URL, "wrong in line 3"},
		{"only comments", answering(t, prom, "# TYPE a counter\n").URL, "no sample"},
		{"JSON that says text", answering(t, prom, `{"schema_version":1}`).URL, "looks like JSON"},
		{"text that says JSON", answering(t, "application/json", "a 1\n").URL, "not JSON"},
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

// An envelope may be nested up to the limit, and no deeper.
func TestNestingIsBounded(t *testing.T) {
	const limit = 10_000
	for depth, want := range map[int]messages.Level{limit: messages.OK, limit + 1: messages.Critical} {
		below := depth - 1 // the envelope itself is the first level
		body := `{"schema_version":1,"a":` + strings.Repeat("[", below) + strings.Repeat("]", below) + `,"b":2}`
		o := options(answering(t, "application/json", body).URL)
		o.Rules = must(t, rule.Spec{Name: "deep", Field: "a.0.0", Raise: "> 1"}, rule.Spec{Name: "after", Field: "b", Raise: "> 1"})
		r, _ := New(o).Observe(t.Context())
		if got := find(r, "orch_down"); got.Level != want || want == messages.Critical && !strings.Contains(got.Detail, "max depth") {
			t.Errorf("depth %d: %s, %q; want %s", depth, got.Level, got.Detail, want)
		}
		if want == messages.OK && find(r, "orch_rule:after").Level != messages.Warning {
			t.Errorf("depth %d: %v; want the field after the nesting judged", depth, r.Observations)
		}
	}
}

func drip(w http.ResponseWriter, r *http.Request) {
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for r.Context().Err() == nil {
		_, _ = io.WriteString(w, " ")
		_ = http.NewResponseController(w).Flush()
		<-ticker.C
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

// notHTTP starts a server that greets as a mail server does, and returns its URL.
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
			_, _ = http.ReadRequest(bufio.NewReader(c)) // closing with unread data would reset the connection
			_ = c.Close()
		}
	}()
	return "http://" + l.Addr().String()
}

// The request is a GET with the token, even after a redirect within the host. Another host does
// not get the token.
func TestTheTokenStaysWithItsHost(t *testing.T) {
	var seen []string
	note := func(r *http.Request) {
		seen = append(seen, r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization"))
	}
	other := serving(t, func(w http.ResponseWriter, r *http.Request) {
		note(r)
		w.WriteHeader(http.StatusUnauthorized)
	})
	var to string
	server := serving(t, func(w http.ResponseWriter, r *http.Request) {
		note(r)
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
	to = other.URL + "/elsewhere"
	_, err := New(options(server.URL)).Observe(t.Context())
	if err == nil || !strings.Contains(err.Error(), "401 Unauthorized (redirected to 127.0.0.1:") {
		t.Errorf("got %v, want the refusal of the other host, and that the token did not go there", err)
	}
	want := []string{"GET / Bearer " + token, "GET /metrics Bearer " + token, "GET / Bearer " + token, "GET /elsewhere "}
	if !slices.Equal(seen, want) {
		t.Errorf("requests %q, want %q", seen, want)
	}
}

// An answer that repeats our token does not make it show, wherever the answer has it and wherever
// its text is cut.
func TestTheTokenThatAnAnswerRepeatsIsNotShown(t *testing.T) {
	in64 := base64.StdEncoding.EncodeToString([]byte("Bearer " + token))
	cut := strings.Repeat("z", 70) + " " + token // only the first 80 bytes are shown
	for name, server := range map[string]*httptest.Server{
		"a value":             answering(t, "application/json", `{"schema_version":1,"a":"`+token+" "+in64+`"}`),
		"a value that is cut": answering(t, "application/json", `{"schema_version":1,"a":"`+cut+`"}`),
		"an escaped value":    answering(t, "application/json", `{"schema_version":1,"a":"\u00`+hex.EncodeToString([]byte(token[:1]))+token[1:]+`"}`),
		"a key":               answering(t, "application/json", `{"schema_version":1,"`+token+`":1}`),
		"the version":         answering(t, "application/json", `{"schema_version":"`+token+`"}`),
		"labels":              answering(t, "text/plain; version=0.0.4", `a{x="`+token+`"} 1`+"\n"+`a{x="`+in64+`"} 2`+"\n"),
		"a wrong line":        answering(t, "text/plain; version=0.0.4", "a 1\n"+cut+"\n"),
		"a Content-Type":      answering(t, "text/"+token, "hello"),
	} {
		t.Run(name, func(t *testing.T) {
			o := options(server.URL)
			o.Rules = must(t, rule.Spec{Name: "r", Field: "a", Raise: `== "x"`}, rule.Spec{Name: "n", Field: "a", Raise: "> 1"})
			p := New(o)
			p.KeepAnswer()
			r, err := p.Observe(t.Context())
			shown := fmt.Sprintf("%+v %v %s %s", r, err, p.Explain("r"), p.Explain("n"))
			for _, form := range []string{token, token[:9], in64[12:], in64[:len(in64)-4]} {
				if strings.Contains(shown, form) {
					t.Errorf("%q shows in %s", form, shown)
				}
			}
		})
	}
}
