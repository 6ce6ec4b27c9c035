package orchestrator

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/actors/probe/orchestrator/rule"
	"orchestrator-watchdog/messages"
)

// An increase is unknown until its window is full, and then is the increase within the window. A
// counter that falls was reset to 0.
func TestIncrease(t *testing.T) {
	w := watch(t, false, rule.Spec{Name: "r", Field: "a", Of: "increase", Over: "1m", Raise: "== 0"})
	for _, s := range []struct {
		a      int
		want   messages.Level
		detail string
	}{
		{10, messages.Unknown, "collecting"}, {10, messages.Unknown, "collecting"}, {11, messages.Unknown, ""}, {11, messages.Unknown, ""},
		{11, messages.OK, "increase of a over 1m0s is 1"},
		{11, messages.OK, "is 1"},
		{11, messages.Warning, "is 0"},
		{2, messages.OK, "is 2"}, // reset
		{5, messages.OK, "is 5"},
		{5, messages.OK, ""}, {5, messages.OK, ""}, {5, messages.OK, "is 3"}, {5, messages.Warning, "is 0"},
	} {
		w.expect(fmt.Sprintf(`"a":%d`, s.a), s.want, s.detail)
		w.now = w.now.Add(15 * time.Second)
	}
}

// A rule is raised before its window is full if the quantity is too large already and can only grow.
func TestAQuantityThatIsTooLargeRaisesAtOnce(t *testing.T) {
	w := watch(t, false, rule.Spec{Name: "r", Field: "a", Of: "decrease", Over: "10m", Raise: "> 0"})
	w.expect(`"a":100`, messages.Unknown, "collecting")
	w.now = w.now.Add(15 * time.Second)
	w.expect(`"a":3`, messages.Warning, "decrease of a over 10m0s is 97, so far")
}

// A rate is the increase per second of the time that the window covers.
func TestRate(t *testing.T) {
	w := watch(t, false, rule.Spec{Name: "r", Field: "a", Of: "rate", Over: "30s", Raise: "> 2"})
	w.expect(`"a":0`, messages.Unknown, "collecting")
	w.now = w.now.Add(15 * time.Second)
	w.expect(`"a":90`, messages.Unknown, "is 6/s, so far")
	w.now = w.now.Add(15 * time.Second)
	w.expect(`"a":90`, messages.Warning, "is 3/s")
	w.now = w.now.Add(15 * time.Second)
	w.expect(`"a":90`, messages.OK, "is 0/s")
}

// A gap of more than ten intervals, or a clock that goes back, clears a window.
func TestAGapClearsAWindow(t *testing.T) {
	for _, c := range []struct {
		name string
		gap  time.Duration
		want messages.Level
	}{
		{"ten intervals", 150 * time.Second, messages.Warning},
		{"more", 151 * time.Second, messages.Unknown},
		{"back", -time.Second, messages.Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := watch(t, false, rule.Spec{Name: "r", Field: "a", Of: "increase", Over: "1m", Raise: "== 0"})
			for range 5 {
				w.answer(`"a":1`)
				w.now = w.now.Add(15 * time.Second)
			}
			w.now = w.now.Add(c.gap - 15*time.Second)
			w.expect(`"a":1`, c.want, "")
		})
	}
}

// After the clock went back, a rule has a level again once its window is full, before the clock
// has caught up.
func TestARuleRecoversAfterTheClockWentBack(t *testing.T) {
	w := watch(t, false, rule.Spec{Name: "r", Field: "a", Of: "increase", Over: "1m", Raise: "== 0"})
	w.answer(`"a":1`)
	w.now = w.now.Add(-time.Hour)
	for range 4 {
		w.expect(`"a":1`, messages.Unknown, "collecting")
		w.now = w.now.Add(15 * time.Second)
	}
	w.expect(`"a":1`, messages.Warning, "is 0")
}

// A window survives a panic of its probe.
func TestAWindowSurvivesAPanic(t *testing.T) {
	w := watch(t, false, rule.Spec{Name: "r", Field: "a", Of: "increase", Over: "1m", Raise: "== 0"})
	for range 4 {
		w.answer(`"a":1`)
		w.now = w.now.Add(15 * time.Second)
	}
	now := w.Now
	w.Now = func() time.Time { panic("broken") }
	func() {
		defer func() {
			if recover() == nil {
				t.Error("want the panic")
			}
		}()
		w.answer(`"a":1`)
	}()
	w.Now = now
	w.expect(`"a":1`, messages.Warning, "over 1m0s is 0")
}

// A window survives a panic and restart of its actor: it is full at the same time as without the
// panic.
func TestAWindowSurvivesARestartOfItsActor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		readings, panics := 0, 0
		p := New(Options{
			Settings: Settings{URL: "http://orchestrator/metrics", Timeout: time.Second, MaxBytes: 1 << 10}, Now: time.Now, Transport: always(`{"schema_version":1,"a":1}`),
			Rules: must(t, rule.Spec{Name: "r", Field: "a", Of: "increase", Over: "1m", Raise: "== 0"}),
			OnDate: func(string, time.Duration) {
				if readings++; readings == 3 {
					panic("broken")
				}
			},
		})
		began := time.Now()
		var judged time.Duration
		actor := probe.NewActor(probe.Options{
			Name: "orchestrator", Probe: p, Interval: 15 * time.Second, Deadline: time.Second, Progress: func() {},
			Common: &probe.Common{Now: time.Now, Log: zap.NewNop(), Beat: time.Hour, Emit: func(r messages.Report) {
				if o := find(probe.Reading{Observations: r.Observations}, "orch_rule:r"); o.Level == messages.Warning && judged == 0 {
					judged = time.Since(began)
				}
			}},
		})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		for ctx.Err() == nil {
			func() {
				defer func() {
					if recover() != nil {
						panics++
					}
				}()
				_ = actor.Serve(ctx)
			}()
		}
		if panics != 1 || judged != time.Minute {
			t.Errorf("%d panics, judged after %s; want one, and judged after 1m0s", panics, judged)
		}
	})
}

// always answers every request with the same body.
type always string

func (a always) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Request: r, Body: io.NopCloser(strings.NewReader(string(a))),
		Header: http.Header{"Content-Type": {"application/json"}, "Date": {time.Now().UTC().Format(http.TimeFormat)}},
	}, nil
}

// A field that is missing for more than ten intervals also clears its window.
func TestAMissingFieldClearsItsWindow(t *testing.T) {
	w := watch(t, false, rule.Spec{Name: "r", Field: "a", Of: "increase", Over: "1m", Raise: "== 0"})
	w.answer(`"a":1`)
	for range 11 {
		w.now = w.now.Add(15 * time.Second)
		w.expect(`"b":1`, messages.Unknown, "not in the answer")
	}
	w.expect(`"a":1`, messages.Unknown, "collecting")
}
