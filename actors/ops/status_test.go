package ops_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"orchestrator-watchdog/actors/ops"
	"orchestrator-watchdog/messages"
)

var at = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func pointer[T any](v T) *T { return &v }

// full is a status that has every field both set and, if it may be empty, empty.
var full = ops.Status{
	Version: "1.2.3", Host: "web-1", StartedAt: at, Now: at.Add(time.Hour),
	Signals: []ops.Signal{
		{Key: "dep_down:db", Level: messages.Critical, Announced: messages.Warning, Since: pointer(at), Value: pointer(2.5), Detail: "refused",
			Acknowledged: &ops.Acknowledged{By: "Ann", At: at}, SilencedBy: []string{"s1", "s2"}},
		{Key: "orch_down", Level: messages.Unknown, Announced: messages.OK, SilencedBy: []string{}},
	},
	Silences: []ops.Silence{{ID: "s1", Signals: []string{"dep_*"}, Until: at, By: "Ann", Reason: "night"}, {ID: "s2", Signals: []string{"*"}, Until: at}},
	Probes: []ops.Probe{
		{Name: "dependency:db", State: "failing", LastReport: pointer(at), LastError: "timeout"},
		{Name: "host", State: "starting"},
	},
	Channels: []ops.Channel{{Name: "telegram", Pending: 2, LastOK: pointer(at), LastError: "429"}, {Name: "log"}},
}

// /status has the documented names: levels are words, times are RFC 3339, and missing values
// are null.
func TestTheShapeOfStatus(t *testing.T) {
	const want = `{
 "version": "1.2.3",
 "host": "web-1",
 "started_at": "2026-03-01T12:00:00Z",
 "now": "2026-03-01T13:00:00Z",
 "signals": [
  {"key": "dep_down:db", "level": "critical", "announced": "warning", "since": "2026-03-01T12:00:00Z", "value": 2.5, "detail": "refused",
   "acknowledged": {"by": "Ann", "at": "2026-03-01T12:00:00Z"}, "silenced_by": ["s1", "s2"]},
  {"key": "orch_down", "level": "unknown", "announced": "ok", "since": null, "value": null, "detail": "", "acknowledged": null, "silenced_by": []}
 ],
 "silences": [
  {"id": "s1", "signals": ["dep_*"], "until": "2026-03-01T12:00:00Z", "by": "Ann", "reason": "night"},
  {"id": "s2", "signals": ["*"], "until": "2026-03-01T12:00:00Z", "by": "", "reason": ""}
 ],
 "probes": [
  {"name": "dependency:db", "state": "failing", "last_report": "2026-03-01T12:00:00Z", "last_error": "timeout"},
  {"name": "host", "state": "starting", "last_report": null, "last_error": ""}
 ],
 "channels": [
  {"name": "telegram", "pending": 2, "last_ok": "2026-03-01T12:00:00Z", "last_error": "429"},
  {"name": "log", "pending": 0, "last_ok": null, "last_error": ""}
 ]
}`
	address := serve(t, &source{status: full}, newMetrics())
	status, contentType, body := get(t, "http://"+address+"/status")
	if status != 200 || contentType != "application/json" {
		t.Errorf("%d %s", status, contentType)
	}
	if got, want := indented(t, body), indented(t, want); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// indented formats JSON and keeps the order of the fields, so that a change of it is seen.
func indented(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	if err := json.Indent(&out, bytes.TrimSpace([]byte(text)), "", " "); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
