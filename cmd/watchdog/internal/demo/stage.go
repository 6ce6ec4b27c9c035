package demo

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/actors/history"
	"orchestrator-watchdog/actors/notifier/telegram"
	"orchestrator-watchdog/actors/notifier/telegram/fakeapi"
	"orchestrator-watchdog/actors/ops"
	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/cmd/watchdog/internal/operate"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor"
	"orchestrator-watchdog/supervisor/assembly"
)

// stage is the real watchdog and the fakes around it.
type stage struct {
	tempo  tempo
	orch   *fakeOrchestrator
	chat   *fakeapi.Server
	clumsy atomic.Bool // whether the clumsy probe panics at every reading
	counts *counts
	past   *history.Store
	began  time.Time // start of the film
	tree   *supervisor.Tree
	cancel context.CancelFunc
	ended  chan error
}

// demoFile is the film's WATCHDOG_CONFIG: orch_down needs as many good scrapes to clear
// as bad ones to raise.
const demoFile = "signals: {orch_down: {clear_ticks: 3}}\n"

func newStage(t tempo) (*stage, error) {
	orch, err := newFakeOrchestrator()
	if err != nil {
		return nil, err
	}
	s := &stage{tempo: t, orch: orch, chat: fakeapi.New(), past: history.NewStore(24 * time.Hour), began: time.Now(), ended: make(chan error, 1)}
	parts, err := s.parts()
	if err != nil {
		s.clear()
		return nil, err
	}
	s.tree = supervisor.New(parts)
	return s, nil
}

// parts builds the parts of the daemon from the film's own settings, and adds a clumsy probe.
func (s *stage) parts() (supervisor.Parts, error) {
	cfg, _, err := assembly.Load(config.Source{
		Environ: []string{
			"WATCHDOG_CONFIG=demo.yaml", "WATCHDOG_HOST_LABEL=web-1",
			"WATCHDOG_TICK=" + s.tempo.tick.String(), "WATCHDOG_COOLDOWN=" + s.tempo.cooldown.String(),
			"WATCHDOG_GROUP_WAIT=" + (s.tempo.tick / 2).String(),
			"WATCHDOG_ORCH_URL=" + s.orch.url,
			"WATCHDOG_TELEGRAM_API_URL=" + s.chat.URL(), "WATCHDOG_TELEGRAM_TOKEN=" + fakeapi.Token, "WATCHDOG_TELEGRAM_CHAT_ID=-1001",
			"WATCHDOG_DOCKER_HOST=off", "WATCHDOG_HOST_ENABLED=false", "WATCHDOG_LISTEN=off",
		},
		ReadFile: func(string) ([]byte, error) { return []byte(demoFile), nil },
	})
	if err != nil {
		return supervisor.Parts{}, err
	}
	s.counts = &counts{Metrics: ops.NewMetrics("demo", "")}
	parts, err := assembly.Parts(cfg, assembly.NewShared(time.Now), s.counts, zap.NewNop())
	parts.Probes = append(parts.Probes, supervisor.ProbePart{
		Name: "clumsy", Interval: cfg.Tick, Deadline: cfg.Tick, Probe: probe.Func(s.fallOver),
	})
	parts.OnReport = s.remember
	parts.Services = func(t *supervisor.Tree) []supervisor.Service { return []supervisor.Service{poller(cfg, t)} }
	return parts, err
}

// remember records what the watchdog reads, for the charts. The history has one entry a minute, and
// the film lasts less than one: a tick of the film is recorded as a minute.
func (s *stage) remember(r messages.Report) {
	r.At = s.stretched(r.At)
	s.past.Add(r)
}

func (s *stage) stretched(at time.Time) time.Time {
	return s.began.Add(time.Duration(float64(at.Sub(s.began)) / float64(s.tempo.tick) * float64(time.Minute)))
}

// history returns the recorded history of a signal since the film began.
func (s *stage) history(key messages.Key) history.Series {
	now := s.stretched(time.Now())
	series, _ := s.past.Series(key, now.Sub(s.began), now)
	return series
}

// poller reads what people write in the chat, like the daemon's.
func poller(cfg *config.Config, t *supervisor.Tree) supervisor.Service {
	chat := &operate.Chat{
		Watchdog: t, Host: cfg.HostLabel, Zone: time.UTC, Log: zap.NewNop(), Now: time.Now,
		Bot: func() string { return fakeapi.BotName }, Count: func(string, string, string) {},
	}
	return telegram.NewPoller(telegram.PollOptions{
		Bot: assembly.BotOf(cfg), Chats: assembly.Chats(cfg), Handle: chat.Handle, Listening: t.EnableButtons, Log: zap.NewNop(), Now: time.Now,
		Failing: func([]string, string) {}, // the film is too short for that
	})
}

// fallOver is the reading of the clumsy probe.
func (s *stage) fallOver(context.Context) (probe.Reading, error) {
	if s.clumsy.Load() {
		panic("the clumsy probe falls over")
	}
	return probe.Reading{}, nil
}

// start starts the watchdog.
func (s *stage) start() {
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	go func() { s.ended <- s.tree.Run(ctx) }()
}

// stop stops the watchdog, and waits until it has ended.
func (s *stage) stop() error {
	s.cancel()
	s.cancel = nil
	return <-s.ended
}

// clear stops everything without waiting, because a person who interrupts the film wants to leave.
func (s *stage) clear() {
	if s.cancel != nil {
		s.cancel()
	}
	s.orch.close()
	s.chat.Close()
}

// signal returns the current view of a signal; the zero view if there is none yet.
func (s *stage) signal(key messages.Key) core.SignalView {
	v, _ := s.tree.State().Signal(key)
	return v
}

// pendingError returns an error that names the pending news, if any.
func (s *stage) pendingError() error {
	var waiting []string
	for _, ch := range s.tree.State().Channels() {
		if ch.Pending > 0 {
			waiting = append(waiting, fmt.Sprintf("%d for the channel %s", ch.Pending, ch.Name))
		}
	}
	if len(waiting) > 0 {
		return fmt.Errorf("news is still pending: %s", strings.Join(waiting, ", "))
	}
	return nil
}

// counts counts the events that the film mentions.
type counts struct {
	supervisor.Metrics
	panics, restarts, ticks atomic.Int64
}

// ActorPanicked implements supervisor.Metrics.
func (c *counts) ActorPanicked(actor string) {
	c.panics.Add(1)
	c.Metrics.ActorPanicked(actor)
}

// ActorRestarted implements supervisor.Metrics.
func (c *counts) ActorRestarted(actor string) {
	c.restarts.Add(1)
	c.Metrics.ActorRestarted(actor)
}

// Ticked implements supervisor.Metrics.
func (c *counts) Ticked(at time.Time) {
	c.ticks.Add(1)
	c.Metrics.Ticked(at)
}
