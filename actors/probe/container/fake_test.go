package container

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// fakeEngine is an engine for tests that no real one can serve: a thousand containers, garbage,
// silence. Other tests use a real engine.
type fakeEngine struct {
	mu         sync.Mutex
	api        string // API version in the header; empty: no header
	containers []fakeContainer
	requests   []string
	fails      http.HandlerFunc            // replaces every answer except to pings and events; may be nil
	events     http.HandlerFunc            // nil: a stream without events
	refuses    func(path string) error     // refuses a path, with its version; may be nil
	inspects   map[string]http.HandlerFunc // replaces the inspect of a container, by ID
}

type fakeContainer struct {
	id, name, state, status string
	lists                   string // state in the list, if it lags behind
	exitCode                int
	ended                   time.Time
	labels                  map[string]string
	memory, used, cache     int
}

func newFakeEngine(n int) *fakeEngine {
	e := &fakeEngine{api: "1.41"}
	for i := range n {
		e.containers = append(e.containers, fakeContainer{
			id: fmt.Sprintf("%064x", i+1), name: fmt.Sprintf("app-%d", i), state: "running", status: "Up 3 hours",
			labels: map[string]string{"com.docker.compose.config-hash": strings.Repeat("ab", 32), "org.opencontainers.image.title": "app"},
		})
	}
	return e
}

// change changes the first container.
func (e *fakeEngine) change(f func(*fakeContainer)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f(&e.containers[0])
}

// asked returns the requests since the last call, without the API version.
func (e *fakeEngine) asked() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	asked := e.requests
	e.requests = nil
	return asked
}

func (e *fakeEngine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	if e.refuses != nil {
		if err := e.refuses(path); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(object{"message": err.Error()})
			return
		}
	}
	if after, versioned := strings.CutPrefix(path, "/v1."); versioned {
		_, path, _ = strings.Cut(after, "/")
		path = "/" + path
	}
	e.mu.Lock()
	e.requests = append(e.requests, path)
	api, fails, events := e.api, e.fails, e.events
	one := e.inspects[strings.TrimSuffix(strings.TrimPrefix(path, "/containers/"), "/json")]
	e.mu.Unlock()
	if api != "" {
		w.Header().Set("Api-Version", api)
	}
	switch {
	case one != nil:
		one(w, r)
	case path == "/_ping":
	case path == "/events" && events != nil:
		events(w, r)
	case path == "/events":
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		if !r.URL.Query().Has("until") {
			<-r.Context().Done()
		}
	case fails != nil:
		fails(w, r)
	default:
		e.mu.Lock()
		defer e.mu.Unlock()
		_ = json.NewEncoder(w).Encode(e.answer(w, path))
	}
}

type object map[string]any

func (e *fakeEngine) answer(w http.ResponseWriter, path string) any {
	if path == "/containers/json" {
		all := make([]object, len(e.containers))
		for i, c := range e.containers {
			all[i] = object{"Id": c.id, "Names": []string{"/" + c.name}, "State": cmp.Or(c.lists, c.state), "Status": c.status, "Labels": c.labels, "Created": i}
		}
		return all
	}
	for _, c := range e.containers {
		switch path {
		case "/containers/" + c.id + "/json":
			return object{
				"Id": c.id, "HostConfig": object{"Memory": c.memory},
				"State": object{"Status": c.state, "ExitCode": c.exitCode, "StartedAt": "2026-01-01T00:00:00Z", "FinishedAt": c.ended.Format(time.RFC3339Nano)},
			}
		case "/containers/" + c.id + "/stats":
			return object{"memory_stats": object{"usage": c.used, "limit": c.memory, "stats": object{"inactive_file": c.cache}}}
		}
	}
	w.WriteHeader(http.StatusNotFound)
	return object{"message": "no such container"}
}

// listen serves the engine on a temporary socket.
func (e *fakeEngine) listen(t testing.TB) Endpoint {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "docker.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: e}}
	s.Start()
	t.Cleanup(s.CloseClientConnections)
	t.Cleanup(s.Close)
	return Endpoint{Host: "unix://" + socket}
}

// inMemory returns a function that connects to the engine over pipes, for virtual time.
func (e *fakeEngine) inMemory(t *testing.T) func(context.Context) (*connection, error) {
	conns := make(pipes)
	s := &http.Server{Handler: e}
	go func() { _ = s.Serve(conns) }()
	t.Cleanup(func() {
		_ = s.Close()
		time.Sleep(time.Minute) // virtual time for the handlers to end
	})
	return func(ctx context.Context) (*connection, error) {
		base := &http.Transport{ResponseHeaderTimeout: headerTimeout, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			select {
			case conns <- theirs:
				return ours, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}}
		c, err := guarded(base, false)
		if err != nil {
			return nil, err
		}
		return c, negotiate(ctx, c.Client)
	}
}

// pipes is a listener for connections that are pipes.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	if c, open := <-p; open {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (p pipes) Close() error   { close(p); return nil }
func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

// say writes one event to a stream.
func say(w http.ResponseWriter, id, action string, at time.Time) {
	_ = json.NewEncoder(w).Encode(object{"Type": "container", "Action": action, "Actor": object{"ID": id, "Attributes": object{"name": "app-0"}}, "timeNano": at.UnixNano()})
	w.(http.Flusher).Flush()
}
