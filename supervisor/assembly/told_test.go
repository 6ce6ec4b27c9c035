package assembly

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/config"
	"orchestrator-watchdog/supervisor"
)

// noMetrics is a Metrics that ignores everything.
type noMetrics struct{ supervisor.Metrics }

func (noMetrics) ActorPanicked(string)                      {}
func (noMetrics) ActorRestarted(string)                     {}
func (noMetrics) ProbeReported(string, time.Duration, bool) {}
func (noMetrics) ProbeRemoved(string)                       {}
func (noMetrics) Ticked(time.Time)                          {}
func (noMetrics) Notified(string, string)                   {}
func (noMetrics) ChannelAdded(string)                       {}

// A whole watchdog sends the channels of its file the news that their routes take, and the recovery
// to each channel that was told of the trouble.
func TestListedChannelsAreTold(t *testing.T) {
	var healthy atomic.Bool
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !healthy.Load() {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	defer target.Close()
	var mu sync.Mutex
	told := make(map[string][]string)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		told[r.URL.Path] = append(told[r.URL.Path], string(body))
	}))
	defer hook.Close()
	c, _, err := Load(config.Source{
		Environ: []string{"WATCHDOG_CONFIG=/w.yaml", "WATCHDOG_TICK=20ms", "WATCHDOG_GROUP_WAIT=1ms", "WATCHDOG_HOST_ENABLED=false", "WATCHDOG_DOCKER_HOST=off"},
		ReadFile: func(string) ([]byte, error) {
			return []byte(strings.NewReplacer("TARGET", target.URL, "HOOK", hook.URL).Replace(`
dependencies: [{name: api, http: {url: TARGET}, slow: 1s}]
channels:
  - {name: all, webhook: {url: HOOK/all, body: "{news} {signal} {severity}"}}
  - {name: hosts, webhook: {url: HOOK/hosts, body: "{news} {signal} {severity}"}, signals: ["host_*"]}
  - {name: spare, webhook: {url: HOOK/spare, body: "{news} {signal} {severity}"}, fallback_for: all}
`)), nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	parts, err := Parts(c, NewShared(time.Now), noMetrics{}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	tree := supervisor.New(parts)
	go func() { ended <- tree.Run(ctx) }()
	await := func(want ...string) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			mu.Lock()
			got := slices.Clone(told["/all"])
			mu.Unlock()
			if slices.Equal(got, want) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("told %q, want %q", got, want)
			}
		}
	}
	await("ALERT dep_down:api critical")
	healthy.Store(true)
	await("ALERT dep_down:api critical", "RECOVERED dep_down:api critical")
	stop()
	<-ended
	if len(told) != 1 {
		t.Errorf("other channels were told too: %s", fmt.Sprint(told))
	}
}
