package alertmanager_test

import (
	"testing"
	"time"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/notifier/alertmanager/alertmanagertest"
	"orchestrator-watchdog/messages"
)

// A real Alertmanager shows an alert until its recovery. When the alert gets worse, it shows only
// the new severity.
func TestARealAlertmanager(t *testing.T) {
	am := alertmanagertest.New(t, "/am")
	am.Start()
	ch := newChannel(t, am.URL)
	send := func(b notifier.Batch) {
		t.Helper()
		if _, err := ch.Send(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now().Add(-time.Second) // a second ago, so that rounded end times are in the past
	warning := news(messages.Alert, messages.Warning, began)
	send(warning)
	if got := severities(am); len(got) != 1 || got[0] != "warning" {
		t.Errorf("after the alert: %v", got)
	}
	worse := news(messages.Worse, messages.Critical, began)
	worse.Active = warning.Items
	send(worse)
	if got := severities(am); len(got) != 1 || got[0] != "critical" {
		t.Errorf("after it got worse: %v", got)
	}
	send(notifier.Batch{Active: worse.Items, At: began})
	recovered := news(messages.Recovered, messages.OK, began)
	recovered.Active = worse.Items
	send(recovered)
	if got := severities(am); len(got) != 0 {
		t.Errorf("after the recovery: %v", got)
	}
	if err := ch.Test(t.Context()); err != nil {
		t.Error(err)
	}
	if got := severities(am); len(got) != 1 {
		t.Errorf("after the test: %v", got)
	}
}

// severities returns the severity of each firing alert.
func severities(am *alertmanagertest.Server) (found []string) {
	for _, a := range am.Firing() {
		found = append(found, a.Labels["severity"])
	}
	return found
}
