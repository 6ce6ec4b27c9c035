package witness_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"orchestrator-watchdog/actors/probe/witness"
	"orchestrator-watchdog/messages"
)

// serve starts a witness that counts its requests.
func serve(t *testing.T, h http.HandlerFunc) (url string, asked *atomic.Int32) {
	t.Helper()
	asked = new(atomic.Int32)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.Method != http.MethodHead {
			t.Errorf("it got a %s, want HEAD", r.Method)
		}
		h(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL, asked
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "http://127.0.0.1:1/")
		w.WriteHeader(code)
	}
}

// dead returns a URL on which nothing listens.
func dead(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://hunter2:hunter2@" + l.Addr().String()
}

func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func observe(t *testing.T, p *witness.Probe) messages.Observation {
	t.Helper()
	r, err := p.Observe(t.Context())
	if len(r.Observations) != 1 || r.Observations[0].Signal != "watchdog_offline" {
		t.Fatalf("got %+v", r)
	}
	o := r.Observations[0]
	if (err != nil) != (o.Level == messages.Warning) {
		t.Errorf("got %s with the error %v", o.Level, err)
	}
	if strings.Contains(fmt.Sprint(o, err), "hunter2") {
		t.Errorf("a secret shows in %+v, %v", o, err)
	}
	return o
}

func newProbe(t *testing.T, urls ...string) *witness.Probe {
	t.Helper()
	p, err := witness.New(witness.Options{Settings: witness.Settings{URLs: urls}, Timeout: 400 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Any answer, even a redirect or an error, shows that the uplink works.
func TestAnyAnswerIsAnAnswer(t *testing.T) {
	for _, code := range []int{200, 302, 404, 405, 500} {
		url, _ := serve(t, status(code))
		if o := observe(t, newProbe(t, url)); o.Level != messages.OK {
			t.Errorf("with status %d got %+v", code, o)
		}
	}
}

// The probe warns only if no witness answers.
func TestItWarnsWhenNoWitnessAnswers(t *testing.T) {
	hanging, _ := serve(t, hang)
	well, _ := serve(t, status(204))
	if o := observe(t, newProbe(t, dead(t), hanging)); o.Level != messages.Warning || !strings.Contains(o.Detail, "none of 2 witnesses answers") {
		t.Errorf("got %+v, want a warning", o)
	}
	if o := observe(t, newProbe(t, dead(t), hanging, well)); o.Level != messages.OK {
		t.Errorf("got %+v although one answers", o)
	}
}

// Only one witness is asked if it answers, first the one that answered last.
func TestOneWitnessIsEnough(t *testing.T) {
	well, asked := serve(t, status(200))
	spare, spared := serve(t, status(200))
	broken, tried := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	p := newProbe(t, broken, well, spare)
	observe(t, p)
	observe(t, p)
	if tried.Load() != 1 || asked.Load() != 2 || spared.Load() != 0 {
		t.Errorf("the witnesses were asked %d, %d and %d times; want 1, 2 and 0", tried.Load(), asked.Load(), spared.Load())
	}
}

// New refuses an invalid URL without quoting it.
func TestAnInvalidWitnessIsRefused(t *testing.T) {
	for _, urls := range [][]string{nil, {"ftp://hunter2"}, {"http://"}, {"http://x", "://hunter2"}} {
		if _, err := witness.New(witness.Options{Settings: witness.Settings{URLs: urls}, Timeout: time.Second}); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("for %q got %v", urls, err)
		}
	}
}
