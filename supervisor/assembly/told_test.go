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

// nobody counts nothing.
type nobody struct{ supervisor.Metrics }

func (nobody) ActorPanicked(string)                      {}
func (nobody) ActorRestarted(string)                     {}
func (nobody) ProbeReported(string, time.Duration, bool) {}
func (nobody) ProbeGone(string)                          {}
func (nobody) Ticked(time.Time)                          {}
func (nobody) Notified(string, string)                   {}
func (nobody) Expect(string)                             {}

// A whole watchdog tells the channels of its file what their routes take, and whoever was told
// of the trouble that it is over.
func TestListedChannelsAreTold(t *testing.T) {
	var well atomic.Bool
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !well.Load() {
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
	parts, err := Parts(c, NewShared(time.Now), nobody{}, zap.NewNop())
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
	well.Store(true)
	await("ALERT dep_down:api critical", "RECOVERED dep_down:api critical")
	stop()
	<-ended
	if len(told) != 1 {
		t.Errorf("others were told as well: %s", fmt.Sprint(told))
	}
}
