package supervisor_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"orchestrator-watchdog/actors/heartbeat"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/secret"
	"orchestrator-watchdog/supervisor"
)

// deadMan is a dead-man service in memory.
type deadMan struct {
	mu    sync.Mutex
	start time.Time
	hangs bool
	pings []string
}

func (d *deadMan) RoundTrip(r *http.Request) (*http.Response, error) {
	d.mu.Lock()
	d.pings = append(d.pings, fmt.Sprintf("%s at %.0f", r.URL.Path, time.Since(d.start).Seconds()))
	d.mu.Unlock()
	if d.hangs {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, nil
}

func (d *deadMan) pinged() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.pings, ", ")
}

// pinging adds the heartbeat to the tree, as the daemon does.
func (d *deadMan) pinging(t *testing.T, parts *supervisor.Parts) {
	d.start = time.Now()
	log := parts.Log
	parts.Services = func(tree *supervisor.Tree) []supervisor.Service {
		ping, err := heartbeat.New(heartbeat.Options{
			Settings: heartbeat.Settings{URL: secret.New("https://hc.example/id")}, Healthy: tree.Source(supervisor.Identity{}).Health, Transport: d,
			Log: log, Now: time.Now, Interval: time.Minute,
		})
		if err != nil {
			t.Fatal(err)
		}
		return []supervisor.Service{ping}
	}
}

// blockedAt returns a log that blocks at an event, until the channel is closed.
func blockedAt(log *zap.Logger, event string, until <-chan struct{}) *zap.Logger {
	return log.WithOptions(zap.Hooks(func(e zapcore.Entry) error {
		if e.Message == event {
			<-until
		}
		return nil
	}))
}

// A core that makes no progress ends the process, so that it is restarted. The dead-man service
// gets /fail before that.
func TestAStuckCoreIsReportedBeforeTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service, forever := &deadMan{}, make(chan struct{})
		r := runWith(func(p *supervisor.Parts) {
			service.pinging(t, p)
			p.Log = blockedAt(p.Log, "raised", forever)
		}, []supervisor.ProbePart{observing("a", "dep_down:a", always(messages.Critical))}, &chat{name: "chat"})
		err := <-r.ended
		if err == nil || !strings.Contains(err.Error(), "core made no progress for 1m18s") {
			t.Errorf("ended with %v", err)
		}
		if got, want := service.pinged(), "/id at 0, /id at 60, /id/fail at 9"; !strings.HasPrefix(got, want) || len(got) != len(want)+1 {
			t.Errorf("pinged %s, want %s…", got, want)
		}
		close(forever)
		synctest.Wait()
	})
}

// A dead-man service that hangs delays nothing: not the ticks, the reports, the alerts, or the stop.
// It is logged once.
func TestAHangingHeartbeatDelaysNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service, ch := &deadMan{hangs: true}, &chat{name: "chat"}
		r := runWith(func(p *supervisor.Parts) { service.pinging(t, p) },
			[]supervisor.ProbePart{observing("a", "dep_down:a", from(5*time.Minute, messages.Critical))}, ch)
		time.Sleep(10*time.Minute + time.Second)
		onTime(t, "tick", r.counted.ticked(), r.start, tick, 40)
		onTime(t, "report", r.counted.reported("a"), r.start, 0, 41)
		if got := strings.Join(ch.lines(), ", "); got != "ALERT dep_down:a" {
			t.Errorf("told %q", got)
		}
		before := time.Now()
		if err := r.stop(); err != nil || time.Since(before) > time.Second {
			t.Errorf("%v after %s", err, time.Since(before))
		}
		if n := strings.Count(service.pinged(), "/id at "); n != 11 || r.logs.FilterMessage("heartbeat_failed").Len() != 1 {
			t.Errorf("%d pings in 10 min, and %d logged as failed", n, r.logs.FilterMessage("heartbeat_failed").Len())
		}
	})
}
