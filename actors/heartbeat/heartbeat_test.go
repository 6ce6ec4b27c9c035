package heartbeat_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"orchestrator-watchdog/actors/heartbeat"
	"orchestrator-watchdog/messages/secret"
)

const address = "https://hc.example/5f1d-id"

// service is a heartbeat service in memory.
type service struct {
	pings  []string // "GET URL at SECONDS since the start"
	start  time.Time
	answer func(*http.Request) (int, error)
}

func (s *service) RoundTrip(r *http.Request) (*http.Response, error) {
	s.pings = append(s.pings, fmt.Sprintf("%s %s at %.0f", r.Method, r.URL, time.Since(s.start).Seconds()))
	status, err := s.answer(r)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Location": {"/elsewhere"}}, Body: http.NoBody, Request: r}, nil
}

func ok(*http.Request) (int, error) { return http.StatusOK, nil }

// newActor returns an actor with an interval of a minute. Call it inside the synctest bubble.
func newActor(t *testing.T, url string, s *service, healthy func() []string) (*heartbeat.Actor, *observer.ObservedLogs) {
	t.Helper()
	core, logs := observer.New(zapcore.DebugLevel)
	s.start = time.Now()
	a, err := heartbeat.New(heartbeat.Options{
		Settings: heartbeat.Settings{URL: secret.New(url)}, Healthy: healthy, Transport: s, Log: zap.New(core), Now: time.Now, Interval: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	return a, logs
}

// serveFor runs the actor for the time d.
func serveFor(a *heartbeat.Actor, d time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	_ = a.Serve(ctx)
}

func well() []string { return nil }

// The first ping is sent at once, then one every interval, however long a ping took, and also
// after a restart of the actor.
func TestPings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{answer: func(*http.Request) (int, error) {
			time.Sleep(7 * time.Second)
			return http.StatusOK, nil
		}}
		a, logs := newActor(t, address, s, well)
		serveFor(a, 30*time.Second)
		serveFor(a, 2*time.Minute)
		want := []string{"GET " + address + " at 0", "GET " + address + " at 60", "GET " + address + " at 120"}
		if got := strings.Join(s.pings, "\n"); got != strings.Join(want, "\n") {
			t.Errorf("got\n%s", got)
		}
		if logs.Len() != 0 {
			t.Errorf("logged %v", logs.All())
		}
	})
}

// When the watchdog becomes unhealthy, /fail is sent at once, and then every interval. When it is
// healthy again, the next regular ping says so.
func TestFailIsSentAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{answer: ok}
		a, logs := newActor(t, address, s, func() []string {
			if at := time.Since(s.start); at > 90*time.Second && at < 150*time.Second {
				return []string{"the core makes no progress"}
			}
			return nil
		})
		serveFor(a, 4*time.Minute-time.Second)
		var got []string
		for _, ping := range s.pings {
			got = append(got, strings.TrimPrefix(ping, "GET "+address))
		}
		if want := " at 0, at 60,/fail at 91,/fail at 120, at 180"; strings.Join(got, ",") != want {
			t.Errorf("got %s, want %s", strings.Join(got, ","), want)
		}
		if logs.Len() != 0 {
			t.Errorf("logged %v", logs.All())
		}
	})
}

// /fail is appended to the path, before the query, with one slash.
func TestWhereFailGoes(t *testing.T) {
	for url, want := range map[string]string{
		"https://hc.example/id":              "https://hc.example/id/fail",
		"https://hc.example/id/":             "https://hc.example/id/fail",
		"https://hc.example/id?create=1&a=b": "https://hc.example/id/fail?create=1&a=b",
		"https://hc.example/id/?create=1":    "https://hc.example/id/fail?create=1",
		"https://hc.example":                 "https://hc.example/fail",
		"https://hc.example/a%2Fb":           "https://hc.example/a%2Fb/fail",
		"https://user:pw@hc.example/id":      "https://user:pw@hc.example/id/fail",
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &service{answer: ok}
			a, _ := newActor(t, url, s, func() []string { return []string{"stuck"} })
			serveFor(a, time.Second)
			if got := strings.Join(s.pings, "\n"); got != "GET "+want+" at 0" {
				t.Errorf("%s: got %s", url, got)
			}
		})
	}
}

// A failure is logged when it begins and when it ends, without the URL.
func TestAFailureIsLoggedOncePerChange(t *testing.T) {
	hang := func(r *http.Request) (int, error) { <-r.Context().Done(); return 0, r.Context().Err() }
	for name, fail := range map[string]func(*http.Request) (int, error){
		"refused":      func(*http.Request) (int, error) { return 0, errors.New("connection refused") },
		"no answer":    hang,
		"not found":    func(*http.Request) (int, error) { return http.StatusNotFound, nil },
		"a redirect":   func(*http.Request) (int, error) { return http.StatusFound, nil },
		"server error": func(*http.Request) (int, error) { return http.StatusBadGateway, nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &service{}
				s.answer = func(r *http.Request) (int, error) {
					if n := len(s.pings); n == 3 || n == 6 {
						return http.StatusOK, nil
					}
					return fail(r)
				}
				a, logs := newActor(t, address, s, well)
				serveFor(a, 5*time.Minute+30*time.Second)
				if len(s.pings) != 6 {
					t.Errorf("%d pings in 5.5 min, want 6: a failed ping is not retried, and times out before the next", len(s.pings))
				}
				var events []string
				for _, e := range logs.All() {
					events = append(events, e.Message)
					if all := fmt.Sprint(e.Message, e.ContextMap()); strings.Contains(all, "5f1d-id") {
						t.Errorf("the URL is in %s", all)
					}
				}
				if got := strings.Join(events, " "); got != "heartbeat_failed heartbeat_ok heartbeat_failed heartbeat_ok" {
					t.Errorf("logged %s", got)
				}
			})
		})
	}
}

// A stop interrupts a ping that hangs, and logs no failure.
func TestAStopEndsAHangingPing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{answer: func(r *http.Request) (int, error) { <-r.Context().Done(); return 0, r.Context().Err() }}
		a, logs := newActor(t, address, s, well)
		serveFor(a, time.Second)
		if took := time.Since(s.start); took != time.Second || logs.Len() != 0 {
			t.Errorf("ended after %s, logged %v", took, logs.All())
		}
	})
}

// A ping that panics is not repeated at once after the restart.
func TestAPanicDoesNotRepeatThePing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{answer: ok}
		broken := true
		a, _ := newActor(t, address, s, func() []string {
			if broken {
				panic("broken")
			}
			return nil
		})
		func() {
			defer func() { _ = recover() }()
			serveFor(a, time.Second)
		}()
		broken = false
		serveFor(a, 90*time.Second)
		if got := strings.Join(s.pings, "\n"); got != "GET "+address+" at 60" {
			t.Errorf("got %s", got)
		}
	})
}

// The default transport pings a real server.
func TestTheDefaultTransport(t *testing.T) {
	pinged := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { pinged <- r.Method + " " + r.URL.String() }))
	defer server.Close()
	a, err := heartbeat.New(heartbeat.Options{
		Settings: heartbeat.Settings{URL: secret.New(server.URL + "/id")}, Healthy: well, Log: zap.NewNop(), Now: time.Now, Interval: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { _ = a.Serve(ctx) }()
	if got := <-pinged; got != "GET /id" {
		t.Errorf("got %s", got)
	}
}

// The error for an invalid URL does not quote it, and printing the actor does not show the URL.
func TestTheURLIsSecret(t *testing.T) {
	for _, url := range []string{"", "hc.example/5f1d-id", "ftp://hc.example/5f1d-id", "https:///5f1d-id", "https://hc.example/5f1d-id\x7f"} {
		if _, err := heartbeat.New(heartbeat.Options{Settings: heartbeat.Settings{URL: secret.New(url)}}); err == nil || strings.Contains(err.Error(), "5f1d-id") {
			t.Errorf("%q: %v", url, err)
		}
	}
	a, err := heartbeat.New(heartbeat.Options{Settings: heartbeat.Settings{URL: secret.New(address)}})
	if err != nil {
		t.Fatal(err)
	}
	if all := fmt.Sprintf("%v %+v %#v %s", *a, *a, *a, a); strings.Contains(all, "5f1d-id") {
		t.Errorf("the URL is in %s", all)
	}
}
