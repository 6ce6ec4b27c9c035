package container

import (
	"context"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/client"
)

// The test calls every method of the Docker client, including those that change something and
// those that hijack the connection. Only the reads that the probe needs reach the socket.
func TestNoMethodOfTheClientReachesTheSocketButReads(t *testing.T) {
	e := newFakeEngine(1)
	c, err := newClient(e.listen(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	e.asked()
	reads := []string{"ContainerInspect", "ContainerInspectWithRaw", "ContainerList", "ContainerStats", "ContainerStatsOneShot", "Events", "Ping"}
	called := 0
	for method := range reflect.TypeFor[*client.Client]().Methods() {
		callAny(t, c.Client, method)
		called++
		asked := e.asked()
		asked = slices.DeleteFunc(asked, func(path string) bool { return path == "/_ping" }) // version negotiation
		if reached := len(asked) > 0; reached && !slices.Contains(reads, method.Name) {
			t.Errorf("%s reached the socket: %q", method.Name, asked)
		} else if !reached && slices.Contains(reads, method.Name) && method.Name != "Ping" {
			t.Errorf("%s did not reach the socket: the test does not work", method.Name)
		}
	}
	if called < 100 {
		t.Errorf("only %d methods were called", called)
	}
}

// callAny calls a method with arguments that are not zero values.
func callAny(t *testing.T, c *client.Client, method reflect.Method) {
	t.Helper()
	if method.Name == "Close" {
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	args := []reflect.Value{reflect.ValueOf(c)}
	for i := 1; i < method.Type.NumIn(); i++ {
		if method.Type.IsVariadic() && i == method.Type.NumIn()-1 {
			break
		}
		args = append(args, anyValue(ctx, method.Type.In(i)))
	}
	defer func() {
		if v := recover(); v != nil {
			t.Logf("%s panics with such arguments: %v", method.Name, v)
		}
	}()
	for _, result := range method.Func.Call(args) {
		if errs, is := result.Interface().(<-chan error); is {
			select {
			case <-errs:
			case <-ctx.Done():
			}
		}
	}
}

func anyValue(ctx context.Context, want reflect.Type) reflect.Value {
	switch {
	case want == reflect.TypeFor[context.Context]():
		return reflect.ValueOf(ctx)
	case want == reflect.TypeFor[io.Reader]():
		return reflect.ValueOf(strings.NewReader("x"))
	case want.Kind() == reflect.String:
		return reflect.ValueOf(strings.Repeat("0", 63) + "1").Convert(want)
	case want.Kind() == reflect.Slice && want.Elem().Kind() == reflect.String:
		return reflect.ValueOf([]string{"x"}).Convert(want)
	case want.Kind() == reflect.Pointer:
		return reflect.New(want.Elem())
	case want.Kind() == reflect.Map:
		return reflect.MakeMap(want)
	}
	return reflect.Zero(want)
}

// A request with another method or path is an error, and is not sent.
func TestTheGuardRefusesByMethodAndPath(t *testing.T) {
	e := newFakeEngine(1)
	c, err := newClient(e.listen(t))
	if err != nil {
		t.Fatal(err)
	}
	id := strings.Repeat("0", 63) + "1"
	for request, passes := range map[string]bool{
		"GET /v1.41/containers/json":                    true,
		"HEAD /_ping":                                   true,
		"GET /v1.50/containers/" + id + "/stats":        true,
		"GET /containers/" + id + "/json":               true,
		"POST /v1.41/containers/json":                   false,
		"DELETE /v1.41/containers/" + id:                false,
		"GET /v1.41/containers/" + id + "/archive":      false,
		"GET /v1.41/containers/" + id + "/export":       false,
		"GET /v1.41/containers/" + id + "/logs":         false,
		"GET /v1.41/containers/" + id + "/attach/ws":    false,
		"GET /v1.41/containers/../images/x/get":         false,
		"GET /v1.41/containers/a/../../secrets":         false,
		"GET /v1.41/containers/json/../../swarm/unlock": false,
		"GET /v1.41/images/json":                        false,
		"PATCH /_ping":                                  false,
		"GET //containers/json":                         false,
		"GET /v2/containers/json":                       false,
	} {
		method, path, _ := strings.Cut(request, " ")
		r, err := http.NewRequestWithContext(t.Context(), method, "http://docker"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := c.HTTPClient().Do(r)
		if err == nil {
			_ = resp.Body.Close()
		}
		if reached := len(e.asked()) > 0; reached != passes || (err == nil) != passes {
			t.Errorf("%s: reached the socket %t (%v), want %t", request, reached, err, passes)
		}
	}
}

// The client dials for a hijack by itself, and finds no socket at its host.
func TestAHijackFindsNoSocket(t *testing.T) {
	e := newFakeEngine(1)
	c, err := newClient(e.listen(t))
	if err != nil {
		t.Fatal(err)
	}
	if conn, err := c.Dialer()(t.Context()); err == nil {
		_ = conn.Close()
		t.Error("the client's own dialler reached a socket")
	}
	if conn, err := c.DialHijack(t.Context(), "/session", "h2c", nil); err == nil {
		_ = conn.Close()
		t.Error("a hijack reached a socket")
	}
	if n := len(e.asked()); n != 0 {
		t.Errorf("%d requests reached the socket", n)
	}
}

// With log lines switched on, the guard also passes GET of logs, and nothing else.
func TestLogsPassOnlyIfSwitchedOn(t *testing.T) {
	for path, want := range map[string]bool{
		"/v1.41/containers/abc/logs": true, "/containers/abc/logs": true, "/containers/abc/json": true,
		"/containers/abc/archive": false, "/containers/abc/logs/x": false, "/containers/a/b/logs": false,
	} {
		for _, logs := range []bool{false, true} {
			reached := false
			g := guard{roundTripper(func(*http.Request) (*http.Response, error) { reached = true; return nil, io.EOF }), logs}
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				reached = false
				r, err := http.NewRequestWithContext(t.Context(), method, "http://docker"+path, nil)
				if err != nil {
					t.Fatal(err)
				}
				if resp, err := g.RoundTrip(r); err == nil {
					_ = resp.Body.Close()
				}
				isLog := strings.HasSuffix(path, "/logs")
				if wanted := want && method == http.MethodGet && (logs || !isLog); reached != wanted {
					t.Errorf("%s %s with logs %t: passed %t", method, path, logs, reached)
				}
			}
		}
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// The text of a log is both streams in their order, or the plain text with a terminal. Empty lines
// do not count as last lines.
func TestWhatALogSays(t *testing.T) {
	frame := func(stream byte, text string) string {
		return string([]byte{stream, 0, 0, 0, 0, 0, 0, byte(len(text))}) + text
	}
	for name, c := range map[string]struct{ raw, want string }{
		"two streams": {frame(1, "one\n") + frame(2, "two\n") + frame(1, "\nthree\n"), "two|three"},
		"a terminal":  {"one\r\ntwo\r\n", "one|two"},
		// The log of a container with a terminal has no frames, but may look like one.
		"a frame of 4 GiB":   {frame(1, "one\n") + "\x01\x00\x00\x00\xff\xff\xff\xffx", "one"},
		"cut off in a frame": {frame(1, "one\n") + frame(2, "two\n")[:10], "one"},
		"a partial line":     {frame(1, "o") + frame(1, "ne\ntwo"), "one|two"},
		"nothing":            {"", ""},
	} {
		if got := strings.Join(lastLines(plainLog([]byte(c.raw)), 2), "|"); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
