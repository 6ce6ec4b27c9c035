package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/signal"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/notifier/logsink"
	"orchestrator-watchdog/actors/notifier/telegram"
	"orchestrator-watchdog/actors/notifier/telegram/telegramtest"
	"orchestrator-watchdog/actors/ops"
	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/actors/probe/orchestrator"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/secret"
	"orchestrator-watchdog/supervisor"
)

var demoCommand = command{
	name:  "demo",
	short: "the whole system on embedded stand-ins, in under a minute",
	long: `Runs the real watchdog against an orchestrator that is made to fail and a local stand-in
for Telegram, and shows the chat as it would look. It needs no network, no token and no
Docker, and takes under 60 seconds: its tick is 400 ms, its cooldown 3 s.

Exit codes: 0 the story went as it should, 1 it did not.`,
	run: runDemo,
}

// The demo's pace.
const (
	demoTick     = 400 * time.Millisecond
	demoCooldown = 3 * time.Second
	demoPatience = 20 * time.Second // for one message
)

func runDemo(c command, w world) int {
	if _, code, done := c.parse(w, nil, 0); done {
		return code
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	s := newShow(ctx, w.stdout)
	defer s.close()
	if err := s.play(); err != nil {
		fmt.Fprintf(w.stderr, "the demo did not go as it should: %v\n", err)
		return exitNotWell
	}
	return exitWell
}

// show is a watchdog with everything around it.
type show struct {
	ctx   context.Context
	out   io.Writer
	began time.Time
	api   *telegramtest.Server
	orch  *httptest.Server
	fails atomic.Bool // the orchestrator answers 503
	stuck atomic.Bool // its envelope is old
	crash atomic.Bool // a probe of the watchdog's own panics
	seen  int         // messages of the chat that were shown
	tree  *supervisor.Tree
	end   func()
}

func newShow(ctx context.Context, out io.Writer) *show {
	s := &show{ctx: ctx, out: out, began: time.Now(), api: telegramtest.New()}
	s.orch = httptest.NewServer(http.HandlerFunc(s.metrics))
	return s
}

func (s *show) close() {
	if s.end != nil {
		s.end()
	}
	s.orch.Close()
	s.api.Close()
}

// metrics is the orchestrator.
func (s *show) metrics(w http.ResponseWriter, _ *http.Request) {
	if s.fails.Load() {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	generated := time.Now()
	if s.stuck.Load() {
		generated = generated.Add(-10 * time.Minute)
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"schema_version":1,"generated_at":%d}`, generated.Unix())
}

func (s *show) start() error {
	chat, err := telegram.New(telegram.Options{
		Name: "telegram", Token: secret.New(telegramtest.Token), ChatID: "-1001", APIURL: s.api.URL(),
		Style: notifier.Style{Host: "web-1", Zone: time.Local}, Log: zap.NewNop(),
	})
	if err != nil {
		return err
	}
	s.tree = supervisor.New(supervisor.Parts{
		Tick: demoTick, Log: zap.NewNop(), Metrics: ops.NewMetrics(version, commit()), Now: time.Now,
		Beside: func(*supervisor.Tree) []supervisor.Service { return nil },
		Settings: &core.Settings{
			Tick: demoTick, GroupWait: demoTick, Rules: core.BuiltinRules(3),
			Defaults: core.Policy{Enabled: true, RaiseTicks: 2, ClearTicks: 2, Cooldown: demoCooldown},
		},
		Probes: []supervisor.ProbePart{
			{Name: "orchestrator", Interval: demoTick, Deadline: demoTick, Probe: orchestrator.New(orchestrator.Options{
				URL: s.orch.URL, Timeout: demoTick, Stale: 5 * time.Minute, MaxBytes: 1 << 20, Now: time.Now,
			})},
			{Name: "clumsy", Interval: demoTick, Deadline: demoTick, Probe: probe.Func(s.clumsy)},
		},
		Channels: []supervisor.ChannelPart{{Channel: logsink.New(zap.NewNop())}, {Channel: chat, Paced: true}},
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.tree.Run(ctx) // an actor without progress shows in what is not told
	}()
	s.end = func() { cancel(); <-done }
	return nil
}

// clumsy is a probe that panics when the story wants it to.
func (s *show) clumsy(context.Context) (probe.Reading, error) {
	if s.crash.Load() {
		panic("the clumsy probe falls over")
	}
	return probe.Reading{Observations: []messages.Observation{{Signal: "dep_down:gitea", Level: messages.OK, Detail: "answers"}}}, nil
}

// play tells the story.
func (s *show) play() error {
	s.narrate("A watchdog starts beside an orchestrator. All is well, and the chat is quiet.")
	if err := s.start(); err != nil {
		return err
	}
	time.Sleep(3 * demoTick)
	return errors.Join(
		s.act("The orchestrator fails: it answers 503. After three failed scrapes in a row, the alarm rings.",
			func() { s.fails.Store(true) }, "ALERT orch_down"),
		s.act("Nobody has mended it: a reminder, one per cooldown and no more.", nil, "STILL orch_down"),
		s.act("Meanwhile a probe of the watchdog's own panics at every reading. Its supervisor restarts it, and nothing else notices but to say so.",
			func() { s.crash.Store(true) }, "ALERT watchdog_probe:clumsy"),
		s.act("The probe is mended, and the orchestrator answers again: each is told as recovered, as a reply to what raised it.",
			func() { s.crash.Store(false); s.fails.Store(false) }, "RECOVERED watchdog_probe:clumsy", "RECOVERED orch_down"),
		s.act("Now Telegram goes away. The orchestrator answers, but what it says is old, and then is well again, and nobody could be told …",
			s.away, "MISSED orch_stale"),
		s.finish(),
	)
}

// away is a fault that comes and goes while the channel can't be reached.
func (s *show) away() {
	s.api.Always(telegramtest.Page{Status: http.StatusBadGateway})
	s.stuck.Store(true)
	s.until(func(v core.SignalView) bool { return v.Key == "orch_stale" && v.Announced == messages.Warning })
	s.stuck.Store(false)
	s.until(func(v core.SignalView) bool { return v.Key == "orch_stale" && v.Announced == messages.OK })
	s.narrate("… until Telegram is back: one message with both times, instead of two that are out of date.")
	s.api.Always(nil)
}

// until waits until a signal of the watchdog is as wanted.
func (s *show) until(wanted func(core.SignalView) bool) {
	for limit := time.Now().Add(demoPatience); time.Now().Before(limit) && s.ctx.Err() == nil; time.Sleep(demoTick / 4) {
		for _, v := range s.tree.State().Signals() {
			if wanted(v) {
				return
			}
		}
	}
}

// act lets something happen, and shows the chat until it holds the expected news.
func (s *show) act(story string, happens func(), news ...string) error {
	s.narrate(story)
	if happens != nil {
		happens()
	}
	ctx, cancel := context.WithTimeout(s.ctx, demoPatience)
	defer cancel()
	for missing := news; len(missing) > 0; {
		all, err := s.api.Wait(ctx, func(m []telegramtest.Message) bool { return len(m) > s.seen })
		if err != nil {
			return fmt.Errorf("%q was not told: %w", missing, err)
		}
		missing = slices.DeleteFunc(slices.Clone(missing), func(want string) bool { return strings.Contains(all[s.seen].Plain, want) })
		s.show(all[s.seen])
		s.seen++
	}
	return nil
}

// show prints one message as the chat shows it.
func (s *show) show(m telegramtest.Message) {
	bell := "🔔"
	if m.Silent {
		bell = "🔕"
	}
	head := fmt.Sprintf("#%d %s %s", m.ID, m.At.Format(time.TimeOnly), bell)
	if m.ReplyTo != 0 {
		head += fmt.Sprintf("  ↩ reply to #%d", m.ReplyTo)
	}
	fmt.Fprintf(s.out, "    ╭─ %s\n", head)
	for line := range strings.Lines(m.Plain) {
		fmt.Fprintf(s.out, "    │ %s\n", strings.TrimRight(line, "\n"))
	}
	fmt.Fprintln(s.out, "    ╰─")
}

func (s *show) narrate(story string) {
	fmt.Fprintf(s.out, "\n%4.1fs  %s\n", time.Since(s.began).Seconds(), story)
}

func (s *show) finish() error {
	s.end()
	s.end = nil
	s.narrate(fmt.Sprintf("The watchdog was asked to stop, and did. %d messages were told, and nothing was lost.", len(s.api.Messages())))
	return s.ctx.Err()
}
