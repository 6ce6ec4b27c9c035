package assembly

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor"
)

type envelope map[string]any

// The rules of the example file raise no alarm for a healthy orchestrator in a day, idle or busy.
func TestTheExampleRaisesNoFalseAlarm(t *testing.T) {
	for name, answer := range map[string]func(since time.Duration) envelope{
		"idle": func(time.Duration) envelope {
			return envelope{"queue": envelope{"depth": 0, "oldest_age_s": 0}, "jobs": envelope{"done_total": 0, "failed_total": 0}}
		},
		"busy": func(since time.Duration) envelope { // a job ends every 20 s, one in fifty fails, and some are queued
			done := int(since / (20 * time.Second))
			return envelope{
				"queue": envelope{"depth": 3 + done%5, "oldest_age_s": 60 + done%120},
				"jobs":  envelope{"done_total": done, "failed_total": done / 50},
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			now := start
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				e := answer(now.Sub(start))
				e["schema_version"], e["generated_at"], e["uptime_s"] = 1, now.Unix(), now.Sub(start).Seconds()
				e["workers"] = envelope{"oldest_heartbeat_at": now.Add(-10 * time.Second).Unix()}
				w.Header().Set("Content-Type", "application/json")
				_ = json.NewEncoder(w).Encode(e)
			}))
			defer server.Close()
			c := example(t, server.URL)
			settings, err := Settings(c)
			if err != nil {
				t.Fatal(err)
			}
			orch := orchestratorOf(t, c, func() time.Time { return now })
			state := core.New(settings, now)
			for ; now.Sub(start) < 24*time.Hour; now = now.Add(c.Tick) {
				reading, err := orch.Probe.Observe(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				var effects []core.Effect
				state, effects = core.Step(state, messages.Report{Probe: orch.Name, At: now, Interval: c.Tick, Observations: reading.Observations, Complete: true})
				for _, e := range effects {
					if told, ok := e.(core.Told); ok {
						t.Fatalf("after %s: %s %s %s", now.Sub(start), told.Notification.News, told.Notification.Signal, told.Notification.Detail)
					}
				}
			}
		})
	}
}

// example loads the example file, with the URL of the orchestrator.
func example(t *testing.T, url string) *config.Config {
	t.Helper()
	c, _, err := Load(config.Source{
		Environ: []string{"WATCHDOG_CONFIG=/w.yaml", "WATCHDOG_ORCH_URL=" + url},
		ReadFile: func(string) ([]byte, error) {
			return os.ReadFile("../../deploy/watchdog.example.yaml")
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func orchestratorOf(t *testing.T, c *config.Config, now func() time.Time) supervisor.ProbePart {
	t.Helper()
	parts, err := orchestratorProbe(c, NewShared(now))
	if err != nil || len(parts) != 1 {
		t.Fatalf("%d probes, %v", len(parts), err)
	}
	return parts[0]
}
