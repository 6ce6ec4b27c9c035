package logsink_test

import (
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/notifier/logsink"
	"orchestrator-watchdog/messages"
)

// Each piece of news is one log event `notification`, whose log level follows the signal's level.
func TestEachPieceOfNewsIsOneEvent(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	core, logs := observer.New(zapcore.DebugLevel)
	ch := logsink.New(zap.New(core))
	if ch.Name() != "log" {
		t.Errorf("the channel's name is %q", ch.Name())
	}
	_, err := ch.Send(t.Context(), notifier.Batch{At: now, Items: []messages.Notification{
		{News: messages.Alert, Signal: "orch_down", Level: messages.Critical, Detail: "refused", Since: now.Add(-time.Minute), At: now},
		{News: messages.Still, Signal: "host_load", Level: messages.Warning, Since: now.Add(-time.Hour), At: now},
		{News: messages.Recovered, Signal: "dep_down:db", Level: messages.OK, Worst: messages.Critical, Since: now.Add(-time.Hour), At: now},
		{News: messages.Event, Signal: "host_oom", Level: messages.Warning, Count: 3, At: now},
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := []struct {
		level  zapcore.Level
		fields map[string]any
	}{
		{zapcore.ErrorLevel, map[string]any{"news": "ALERT", "signal": "orch_down", "state": "critical", "detail": "refused", "since": now.Add(-time.Minute), "for": "1m 0s", "count": nil}},
		{zapcore.WarnLevel, map[string]any{"news": "STILL", "signal": "host_load", "state": "warning"}},
		{zapcore.InfoLevel, map[string]any{"news": "RECOVERED", "signal": "dep_down:db", "state": "ok"}},
		{zapcore.WarnLevel, map[string]any{"news": "EVENT", "signal": "host_oom", "count": int64(3), "since": nil}},
	}
	entries := logs.FilterMessage("notification").All()
	if len(entries) != len(want) {
		t.Fatalf("%d events", len(entries))
	}
	for i, w := range want {
		if entries[i].Level != w.level {
			t.Errorf("event %d has level %s, want %s", i, entries[i].Level, w.level)
		}
		fields := entries[i].ContextMap()
		for name, value := range w.fields {
			if fields[name] != value {
				t.Errorf("event %d: %s is %v, want %v", i, name, fields[name], value)
			}
		}
	}
}
