package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"orchestrator-watchdog/actors/notifier/telegram/fakeapi"
)

// defaultTick is the default of WATCHDOG_TICK.
const defaultTick = 15 * time.Second

// fault is a fault to measure.
type fault struct {
	what, key string // description, and key of the signal that tells it
	expects   string // what takes the time, by the settings
	yaml      func(*stage) string
	strike    func(*stage)
}

// faults are measured at the default settings. BenchmarkDeathToChat measures the death of a container
// on the real engine.
var faults = []fault{
	{"a port refuses connections", "dep_down:mail", "the rest of a tick and one more: two readings", func(s *stage) string {
		return fmt.Sprintf("dependencies: [{name: mail, tcp: {addr: %q}}]\n", s.port.Addr())
	}, func(s *stage) { _ = s.port.Close() }},
	{"HTTP 500", "dep_down:web", "the rest of a tick and one more: two readings", func(s *stage) string {
		return fmt.Sprintf("dependencies: [{name: web, http: {url: %q}}]\n", s.web.URL)
	}, func(s *stage) { s.status.Store(http.StatusInternalServerError) }},
	{"the orchestrator is gone", "orch_down", "the rest of a tick and two more: three readings", func(s *stage) string {
		return fmt.Sprintf("orchestrator: {url: %q}\n", s.web.URL)
	}, func(s *stage) { s.web.CloseClientConnections(); s.web.Close() }},
	{"a rule holds", "orch_rule:backlog", "the rest of a tick and one more: two readings", func(s *stage) string {
		return fmt.Sprintf("orchestrator: {url: %q, rules: [{name: backlog, field: backlog, raise: \"> 10\", severity: critical}]}\n", s.web.URL)
	}, func(s *stage) { s.backlog.Store(99) }},
}

// stage is the world in which a fault strikes.
type stage struct {
	chat    *fakeapi.Server
	web     *httptest.Server
	port    net.Listener
	status  atomic.Int64
	backlog atomic.Int64
}

func newStage(ctx context.Context) (*stage, error) {
	s := &stage{chat: fakeapi.New()}
	s.status.Store(http.StatusOK)
	s.web = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(int(s.status.Load()))
		_, _ = fmt.Fprintf(w, `{"schema_version": 1, "backlog": %d}`, s.backlog.Load())
	}))
	var err error
	s.port, err = (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	return s, err
}

func (s *stage) close() {
	s.web.Close()
	s.chat.Close()
	_ = s.port.Close()
}

// measureFaults measures the time from a fault to the request at the Bot API. All faults run in
// parallel, each with a watchdog of its own.
func measureFaults(ctx context.Context, b *bench) error {
	took, errs := make([]time.Duration, len(faults)), make([]error, len(faults))
	var all sync.WaitGroup
	for i := range faults {
		all.Go(func() { took[i], errs[i] = b.strike(ctx, faults[i]) })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	b.report.table("From a fault to the request at the Bot API, at the default settings", "fault", "signal", "time", "in ticks of 15 s", "why")
	for i, f := range faults {
		b.report.row(f.what, "`"+f.key+"`", fmt.Sprintf("%.1f s", took[i].Seconds()), fmt.Sprintf("%.2f", float64(took[i])/float64(defaultTick)), f.expects)
	}
	return nil
}

// strike measures one fault that strikes right after a reading, which is the slowest case.
func (b *bench) strike(ctx context.Context, f fault) (time.Duration, error) {
	s, err := newStage(ctx)
	if err != nil {
		return 0, err
	}
	defer s.close()
	d, err := startDaemon(ctx, b.binary, f.yaml(s), append(quiet, "WATCHDOG_HOST_ENABLED=false",
		"WATCHDOG_TELEGRAM_TOKEN="+fakeapi.Token, "WATCHDOG_TELEGRAM_CHAT_ID=-1001", "WATCHDOG_TELEGRAM_API_URL="+s.chat.URL(), "WATCHDOG_TELEGRAM_COMMANDS=false")...)
	if err != nil {
		return 0, err
	}
	defer d.stop()
	if err := d.ready(ctx); err != nil {
		return 0, err
	}
	began := time.Now()
	f.strike(s)
	ctx, cancel := context.WithTimeout(ctx, 5*defaultTick)
	defer cancel()
	messages, err := s.chat.Wait(ctx, func(m []fakeapi.Message) bool {
		return len(m) > 0 && strings.Contains(m[len(m)-1].Plain, f.key)
	})
	if err != nil {
		return 0, fmt.Errorf("%s was not told within %s: %w", f.what, 5*defaultTick, err)
	}
	return messages[len(messages)-1].At.Sub(began), nil
}
