package alertmanager

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/messages"
)

var (
	now   = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	since = now.Add(-10 * time.Minute)
)

func note(news messages.News, level, worst messages.Level) messages.Notification {
	return messages.Notification{News: news, Signal: "dep_down:db:5432", Level: level, Worst: worst, Detail: "refused", Since: since, At: now}
}

// show formats alerts as "severity[ flapping] until END", with END relative to now.
func show(all []alert) string {
	var lines []string
	for _, a := range all {
		flapping := ""
		if a.Labels["flapping"] != "" {
			flapping = " flapping"
		}
		lines = append(lines, fmt.Sprintf("%s%s until %s", a.Labels["severity"], flapping, a.EndsAt.Sub(now)))
	}
	slices.SortFunc(lines, cmp.Compare)
	return strings.Join(lines, ", ")
}

// News and active troubles fire for 5 min, a recovery ends its alert, and a changed severity ends
// the alert with the former severity.
func TestWhichAlertsABatchMakes(t *testing.T) {
	const ok, warning, critical = messages.OK, messages.Warning, messages.Critical
	told := func(level messages.Level) []messages.Notification {
		return []messages.Notification{note(messages.Alert, level, level)}
	}
	for name, c := range map[string]struct {
		items, active []messages.Notification
		want          string
	}{
		"an alert":                            {[]messages.Notification{note(messages.Alert, critical, critical)}, nil, "critical until 5m0s"},
		"a reminder repeats":                  {[]messages.Notification{note(messages.Still, critical, critical)}, told(critical), "critical until 5m0s"},
		"a refresh repeats":                   {nil, told(warning), "warning until 5m0s"},
		"worse ends the warning":              {[]messages.Notification{note(messages.Worse, critical, critical)}, told(warning), "critical until 5m0s, warning until 0s"},
		"a milder reminder ends the critical": {[]messages.Notification{note(messages.Still, warning, critical)}, told(critical), "critical until 0s, warning until 5m0s"},
		"a recovery ends what was told":       {[]messages.Notification{note(messages.Recovered, ok, critical)}, told(warning), "warning until 0s"},
		"a recovery without an alert before":  {[]messages.Notification{note(messages.Recovered, ok, critical)}, nil, "critical until 0s"},
		"a missed trouble is over":            {[]messages.Notification{note(messages.Missed, ok, warning)}, nil, "warning until 0s"},
		"an event fires by itself":            {[]messages.Notification{note(messages.Event, critical, critical)}, nil, "critical until 5m0s"},
		"flapping is an alert of its own":     {[]messages.Notification{note(messages.Flapping, critical, critical)}, nil, "warning flapping until 5m0s"},
		"flapping leaves the signal's alert":  {[]messages.Notification{note(messages.Flapping, ok, critical)}, told(critical), "critical until 5m0s, warning flapping until 5m0s"},
		"no news and nothing active":          {nil, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := show((&Channel{host: "web-1"}).alerts(notifier.Batch{Items: c.items, Active: c.active, At: now})); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// The labels name the signal and the host, the annotations say what happened.
func TestLabelsAndAnnotations(t *testing.T) {
	n := note(messages.Event, messages.Critical, messages.Critical)
	n.Count = 3
	a := (&Channel{host: "web-1", labels: map[string]string{"team": "core"}, handbook: "https://wiki/operations.md"}).alerts(notifier.Batch{Items: []messages.Notification{n}, At: now})[0]
	want := map[string]string{
		"alertname": "dep_down", "signal": "dep_down:db:5432", "instance": "web-1", "severity": "critical", "job": "watchdog", "team": "core",
	}
	if got, want := fmt.Sprint(a.Labels), fmt.Sprint(want); got != want {
		t.Errorf("labels %s, want %s", got, want)
	}
	if a.Annotations["summary"] != "EVENT dep_down:db:5432 · web-1" || a.Annotations["description"] != "refused (3 times)" || a.Annotations["runbook_url"] != "https://wiki/operations.md#dep_down" {
		t.Errorf("annotations %v", a.Annotations)
	}
	if !a.StartsAt.Equal(since) {
		t.Errorf("starts at %s", a.StartsAt)
	}
}

// An alert never starts after its end, even if the wall clock stepped back: Alertmanager would
// refuse the whole post.
func TestAnAlertNeverStartsAfterItsEnd(t *testing.T) {
	n := note(messages.Recovered, messages.OK, messages.Warning)
	n.Signal, n.Since = "orch_down", now.Add(time.Hour)
	a := (&Channel{host: "web-1", labels: map[string]string{"team": "core"}, handbook: "https://wiki/operations.md"}).alerts(notifier.Batch{Items: []messages.Notification{n}, At: now})[0]
	if a.StartsAt.After(a.EndsAt) {
		t.Errorf("from %s to %s", a.StartsAt, a.EndsAt)
	}
}
