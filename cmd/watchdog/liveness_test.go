package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/ops"
	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor"
)

// stuck is a channel that hangs forever and ignores its context. No real channel does, so the
// watchdog of this test is not a separate process.
type stuck struct{ until chan struct{} }

func (stuck) Name() string { return "stuck" }

func (c stuck) Send(context.Context, notifier.Batch) (notifier.Sent, error) {
	<-c.until
	return notifier.Sent{}, nil
}

// A notifier that makes no progress ends the watchdog with exit code 1, and the last line
// of the log says why.
func TestANotifierThatHangsEndsTheWatchdog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zcore, logs := observer.New(zapcore.InfoLevel)
		log := zap.New(zcore)
		ch := stuck{make(chan struct{})}
		failing := probe.Func(func(context.Context) (probe.Reading, error) {
			return probe.Reading{Observations: []messages.Observation{{Signal: "dep_down:db", Level: messages.Critical, Detail: "refused"}}}, nil
		})
		code := watch(t.Context(), supervisor.New(supervisor.Parts{
			Tick: time.Second, Log: log, Metrics: ops.NewMetrics("test", "test"), Now: time.Now,
			Settings: &core.Settings{Tick: time.Second, Defaults: core.Policy{Enabled: true}},
			Probes:   []supervisor.ProbePart{{Name: "dep:db", Probe: failing, Interval: time.Second, Deadline: time.Second}},
			Channels: []supervisor.ChannelPart{{Channel: ch}},
			Services: func(*supervisor.Tree) []supervisor.Service { return nil },
		}), log)
		all := logs.All()
		last := all[len(all)-1]
		if why, _ := last.ContextMap()["error"].(string); last.Message != "stopped" || !strings.HasPrefix(why, "notifier:stuck made no progress for 1") {
			t.Errorf("the last line is %s %v", last.Message, last.ContextMap())
		}
		if code != exitNotWell {
			t.Errorf("exit code %d, want 1", code)
		}
		close(ch.until)
	})
}

// health asks a daemon's /healthz.
func health(t *testing.T, listen string) (status int, h ops.Health) {
	t.Helper()
	client := http.Client{Timeout: 10 * time.Second}
	resp, err := client.Get("http://" + listen + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&h); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, h
}

// A process that was suspended for longer than five ticks and 10 s continues, because no actor had
// a chance to make progress.
func TestASuspendedProcessGoesOn(t *testing.T) {
	t.Parallel()
	orch, listen := newOrchestrator(t), freeAddress(t)
	d := start(t, "WATCHDOG_ORCH_URL="+orch.URL, "WATCHDOG_LISTEN="+listen)
	d.logged("observation", nil)
	d.logged("listening", nil)
	for range 2 {
		_ = d.cmd.Process.Signal(syscall.SIGSTOP)
		time.Sleep(11 * time.Second)
		_ = d.cmd.Process.Signal(syscall.SIGCONT)
		for range 20 {
			if status, h := health(t, listen); status != http.StatusOK {
				t.Fatalf("/healthz says %+v", h)
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
	if code, _ := d.stop(); code != exitWell || d.count("no_progress") > 0 || d.count("raised") > 0 {
		t.Errorf("exit code %d:\n%s", code, d.written())
	}
}
