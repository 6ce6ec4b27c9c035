package dependency_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/probe/dependency"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/secret"
)

func options() dependency.Options {
	return dependency.Options{Name: "db", Timeout: 500 * time.Millisecond, Now: time.Now}
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// refusing gives an address on which nothing listens.
func refusing(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func down(t *testing.T, p *dependency.Probe) messages.Observation {
	t.Helper()
	r, err := p.Observe(t.Context())
	if len(r.Observations) == 0 || r.Observations[0].Signal != "dep_down:db" {
		t.Fatalf("got %+v, want dep_down:db first", r)
	}
	if (err != nil) != (r.Observations[0].Level == messages.Critical) {
		t.Errorf("level %s with the error %v", r.Observations[0].Level, err)
	}
	return r.Observations[0]
}

// A dependency is down when it does not answer as it should, and the detail names the step.
func TestWhatMakesAnHTTPDependencyDown(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/pass":
			fmt.Fprint(w, `{"status":"pass"}`)
		case "/busy":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/tls":
			http.Redirect(w, r, "https://127.0.0.1:1/", http.StatusFound)
		case "/hang":
			<-r.Context().Done()
		case "/reset":
			panic(http.ErrAbortHandler)
		case "/endless":
			for r.Context().Err() == nil {
				fmt.Fprint(w, strings.Repeat("x", 64<<10))
			}
		}
	})
	for name, c := range map[string]struct {
		http dependency.HTTP
		want string // in the detail; empty: it is up
	}{
		"up":                       {dependency.HTTP{URL: url + "/pass"}, ""},
		"up, with its text":        {dependency.HTTP{URL: url + "/pass", Contains: "pass"}, ""},
		"up, as a 503 is wanted":   {dependency.HTTP{URL: url + "/busy", Status: []int{503}}, ""},
		"another status":           {dependency.HTTP{URL: url + "/busy"}, "status failed: it answers 503 Service Unavailable"},
		"another text":             {dependency.HTTP{URL: url + "/pass", Contains: "well"}, "body failed: its 17 bytes do not contain \"well\""},
		"a redirect loop":          {dependency.HTTP{URL: url + "/loop"}, "redirected more than 5 times"},
		"a redirect to https":      {dependency.HTTP{URL: url + "/tls"}, "redirected from http to https"},
		"no answer":                {dependency.HTTP{URL: url + "/hang"}, "request failed: no answer within 500ms"},
		"a reset":                  {dependency.HTTP{URL: url + "/reset"}, "request failed: the connection was closed by the other side"},
		"an endless body":          {dependency.HTTP{URL: url + "/endless", Contains: "well"}, "do not contain"},
		"nothing listens":          {dependency.HTTP{URL: "http://" + refusing(t)}, "connect failed: connection refused"},
		"a name that is not there": {dependency.HTTP{URL: "http://no-such-name.invalid/"}, "resolve failed"},
	} {
		t.Run(name, func(t *testing.T) {
			o := down(t, dependency.NewHTTP(options(), c.http))
			if (o.Level == messages.OK) != (c.want == "") || !strings.Contains(o.Detail, c.want) {
				t.Errorf("got %s, %q; want %q", o.Level, o.Detail, c.want)
			}
		})
	}
}

// Credentials go with the request, and never into a detail or an error.
func TestCredentialsAreSentAndNotShown(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if user, password, ok := r.BasicAuth(); ok && user == "watch" && password == "hunter2" || r.Header.Get("Authorization") == "Bearer hunter2" {
			return
		}
		w.WriteHeader(http.StatusUnauthorized)
	})
	withPassword := strings.Replace(url, "http://", "http://watch:hunter2@", 1)
	for _, h := range []dependency.HTTP{{URL: url, User: "watch", Password: secret.New("hunter2")}, {URL: url, Bearer: secret.New("hunter2")}, {URL: withPassword}} {
		if o := down(t, dependency.NewHTTP(options(), h)); o.Level != messages.OK {
			t.Errorf("got %+v", o)
		}
	}
	gone := strings.Replace("http://"+refusing(t), "http://", "http://watch:hunter2@", 1)
	r, err := dependency.NewHTTP(options(), dependency.HTTP{URL: gone}).Observe(t.Context())
	if text := fmt.Sprintf("%+v %v", r, err); strings.Contains(text, "hunter2") {
		t.Errorf("the password shows in %s", text)
	}
}

// A TCP dependency is up when a connection can be opened.
func TestATCPDependency(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if o := down(t, dependency.NewTCP(options(), l.Addr().String())); o.Level != messages.OK || !strings.Contains(o.Detail, "connect") {
		t.Errorf("got %+v, want ok with the time of the connect", o)
	}
	if o := down(t, dependency.NewTCP(options(), refusing(t))); o.Level != messages.Critical || !strings.Contains(o.Detail, "refused") {
		t.Errorf("got %+v, want critical, refused", o)
	}
}

// A slow answer is a warning where slow is set, and unknown while it is down.
func TestSlowIsAWarningOfItsOwn(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	o := options()
	o.Slow = 2 * time.Second
	o.Now = func() time.Time { now = now.Add(time.Second); return now } // each look at the clock takes a second
	r, err := dependency.NewHTTP(o, dependency.HTTP{URL: serve(t, func(http.ResponseWriter, *http.Request) {})}).Observe(t.Context())
	if err != nil || len(r.Observations) != 2 || r.Observations[1].Level != messages.Warning || r.Observations[1].Signal != "dep_slow:db" {
		t.Errorf("got %+v (%v), want a warning of dep_slow:db", r, err)
	}
	r, _ = dependency.NewTCP(o, refusing(t)).Observe(t.Context())
	if r.Observations[1].Level != messages.Unknown {
		t.Errorf("got %+v, want unknown while it is down", r.Observations[1])
	}
}
