package ops

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"orchestrator-watchdog/actors/httpserve"
	"orchestrator-watchdog/config/field"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/zap"
	"golang.org/x/net/netutil"
)

// Settings are the settings of the server.
type Settings struct {
	Listen string // host:port; empty: no server
}

// Fields implements field.Declared.
func (s *Settings) Fields() []field.Field {
	return []field.Field{field.Of("listen", &s.Listen, address).By("WATCHDOG_LISTEN").With(field.About{Preset: "127.0.0.1:9465", Restart: true, Doc: "own /healthz, /readyz, /metrics, /status; off: none"})}
}

func address(s string) (string, error) {
	if strings.EqualFold(s, "off") {
		return "", nil
	}
	return field.HostPort(s)
}

// Options are the parameters of an Actor.
type Options struct {
	Settings
	Source   Source
	Registry *prometheus.Registry
	Log      *zap.Logger
}

// Actor is the HTTP server.
type Actor struct{ Options }

// New returns an Actor.
func New(o Options) *Actor { return &Actor{o} }

// String returns the actor's name for its supervisor.
func (a *Actor) String() string { return "ops" }

// listenRetry is how long Serve waits before it returns an error of listen, since the
// supervisor restarts it at once.
const listenRetry = 5 * time.Second

// maxConnections is how many connections may be open; further ones wait. Each takes about ten
// KiB, and any client that reaches the address can open them.
const maxConnections = 256

// Serve serves until the context ends. It returns an error if it can't listen on the
// address.
func (a *Actor) Serve(ctx context.Context) error {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", a.Listen)
	if err != nil {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(listenRetry):
		}
		return fmt.Errorf("the watchdog's own endpoints can't listen on %s: %w; set WATCHDOG_LISTEN to another address or off", a.Listen, err)
	}
	a.Log.Info("listening", zap.String("address", listener.Addr().String()))
	server := &http.Server{
		Handler:           a.handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
	if err := httpserve.Serve(ctx, netutil.LimitListener(listener, maxConnections), server, a.Log, "http_error"); ctx.Err() == nil {
		return fmt.Errorf("the watchdog's own endpoints ended: %w", err)
	}
	return ctx.Err()
}

func (a *Actor) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", a.healthz)
	mux.HandleFunc("GET /readyz", a.readyz)
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, a.Source.Status()) })
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.Registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 20 * time.Second}))
	return mux
}

// Health is the JSON of /healthz and /readyz.
type Health struct {
	Status  string   `json:"status"` // ok, unhealthy, starting
	Reasons []string `json:"reasons"`
}

func (a *Actor) healthz(w http.ResponseWriter, _ *http.Request) {
	if reasons := a.Source.Health(); len(reasons) > 0 {
		answer(w, http.StatusServiceUnavailable, Health{"unhealthy", reasons})
		return
	}
	answer(w, http.StatusOK, Health{"ok", []string{}})
}

func (a *Actor) readyz(w http.ResponseWriter, _ *http.Request) {
	if !a.Source.Ready() {
		answer(w, http.StatusServiceUnavailable, Health{"starting", []string{"not every probe has reported yet"}})
		return
	}
	answer(w, http.StatusOK, Health{"ok", []string{}})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // fails only if the client is gone
}
