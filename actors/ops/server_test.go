package ops_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"orchestrator-watchdog/actors/ops"
)

// source is a Source whose values the test sets.
type source struct {
	reasons []string
	ready   bool
	status  ops.Status
}

func (s *source) Health() []string   { return s.reasons }
func (s *source) Ready() bool        { return s.ready }
func (s *source) Status() ops.Status { return s.status }

// serve runs the server on a free port of loopback until the test ends. It returns the
// address from the log event listening.
func serve(t *testing.T, s *source, m *ops.Metrics) (address string) {
	t.Helper()
	read, write := io.Pipe()
	log := zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zapcore.EncoderConfig{MessageKey: "msg"}), zapcore.AddSync(write), zapcore.InfoLevel))
	a := ops.New(ops.Options{Settings: ops.Settings{Listen: "127.0.0.1:0"}, Source: s, Registry: m.Registry, Log: log})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = a.Serve(ctx)
	}()
	t.Cleanup(func() { cancel(); <-ended })
	line, err := bufio.NewReader(read).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var event struct{ Msg, Address string }
	if err := json.Unmarshal(line, &event); err != nil || event.Msg != "listening" {
		t.Fatalf("%v: logged %s", err, line)
	}
	return event.Address
}

func newMetrics() *ops.Metrics { return ops.NewMetrics("1.2.3", "abcdef0") }

// get sends a request and returns the status, content type and body of the answer.
func get(t *testing.T, url string) (status int, contentType, body string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	all, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Content-Type"), string(all)
}

// /healthz says whether the actors make progress, /readyz whether all probes have reported.
func TestHealthAndReadiness(t *testing.T) {
	s := &source{}
	address := serve(t, s, newMetrics())
	stuck := []string{"core made no progress for 2m", "clock made no progress for 2m"}
	for _, c := range []struct {
		name, path string
		reasons    []string
		ready      bool
		status     int
		body       string
	}{
		{"well", "/healthz", nil, true, 200, `{"status":"ok","reasons":[]}`},
		{"not well", "/healthz", stuck, true, 503, `{"status":"unhealthy","reasons":["core made no progress for 2m","clock made no progress for 2m"]}`},
		{"well before the first reports", "/healthz", nil, false, 200, `{"status":"ok","reasons":[]}`},
		{"ready", "/readyz", nil, true, 200, `{"status":"ok","reasons":[]}`},
		{"not ready", "/readyz", nil, false, 503, `{"status":"starting","reasons":["not every probe has reported yet"]}`},
	} {
		s.reasons, s.ready = c.reasons, c.ready
		status, contentType, body := get(t, "http://"+address+c.path)
		if status != c.status || contentType != "application/json" || strings.TrimSpace(body) != c.body {
			t.Errorf("%s: %d %s %s", c.name, status, contentType, body)
		}
	}
}

// There are no other paths, and no methods but GET and HEAD.
func TestReadOnly(t *testing.T) {
	address := serve(t, &source{}, newMetrics())
	for request, want := range map[string]int{
		"POST /healthz": 405, "DELETE /status": 405, "POST /metrics": 405, "GET /": 404, "GET /debug/pprof/": 404, "HEAD /healthz": 200,
	} {
		method, path, _ := strings.Cut(request, " ")
		req, err := http.NewRequestWithContext(t.Context(), method, "http://"+address+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: %d, want %d", request, resp.StatusCode, want)
		}
	}
}

// A panic of a handler is a log event, not text on standard error.
func TestAHandlerThatPanicsIsLogged(t *testing.T) {
	zcore, logs := observer.New(zapcore.InfoLevel)
	a := ops.New(ops.Options{Settings: ops.Settings{Listen: "127.0.0.1:0"}, Registry: newMetrics().Registry, Log: zap.New(zcore)}) // the nil Source panics
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = a.Serve(ctx) }()
	for logs.FilterMessage("listening").Len() == 0 {
		time.Sleep(time.Millisecond)
	}
	address := logs.FilterMessage("listening").All()[0].ContextMap()["address"]
	if resp, err := http.Get("http://" + address.(string) + "/healthz"); err == nil {
		_ = resp.Body.Close()
		t.Errorf("answered with %d", resp.StatusCode)
	}
	cancel()
	<-ended
	events := logs.FilterMessage("http_error").All()
	if len(events) != 1 || !strings.Contains(events[0].ContextMap()["error"].(string), "panic serving") {
		t.Errorf("logged %v", logs.All())
	}
}

// An address that is in use is an error that names it and the setting. Serve waits before it
// returns the error, but not if it is stopped.
func TestATakenAddress(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken := l.Addr().String()
	synctest.Test(t, func(t *testing.T) {
		a := ops.New(ops.Options{Settings: ops.Settings{Listen: taken}, Log: zap.NewNop()})
		began := time.Now()
		err := a.Serve(t.Context())
		if err == nil || !strings.Contains(err.Error(), taken) || !strings.Contains(err.Error(), "WATCHDOG_LISTEN") {
			t.Errorf("got %v", err)
		}
		if time.Since(began) < time.Second {
			t.Errorf("returned after %s", time.Since(began))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := a.Serve(ctx); err != context.DeadlineExceeded {
			t.Errorf("a stop while it waits: %v", err)
		}
	})
}

// Connections above the limit wait until another one is closed.
func TestConnectionsAreBounded(t *testing.T) {
	address := serve(t, &source{ready: true}, newMetrics())
	ask := func(wait time.Duration) (net.Conn, error) {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		_, _ = io.WriteString(conn, "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
		_ = conn.SetReadDeadline(time.Now().Add(wait))
		_, err = conn.Read(make([]byte, 1))
		return conn, err
	}
	var open []net.Conn
	for range 256 {
		conn, err := ask(10 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, conn)
	}
	waiting, err := ask(100 * time.Millisecond)
	if err == nil {
		t.Error("a connection above the limit is answered")
	}
	_ = open[0].Close()
	_ = waiting.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := waiting.Read(make([]byte, 1)); err != nil {
		t.Errorf("it is not answered after another was closed: %v", err)
	}
}
