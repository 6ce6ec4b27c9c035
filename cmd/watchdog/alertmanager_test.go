package main

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"orchestrator-watchdog/actors/notifier/alertmanager/alertmanagertest"
)

func failing(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }

// fires waits until exactly these alerts fire in the Alertmanager: sorted keys with their severity,
// as "orch_down critical".
func fires(t *testing.T, am *alertmanagertest.Server, want string) {
	t.Helper()
	var got []string
	for limit := time.Now().Add(30 * time.Second); time.Now().Before(limit); time.Sleep(50 * time.Millisecond) {
		got = nil
		for _, a := range am.Firing() {
			got = append(got, a.Labels["signal"]+" "+a.Labels["severity"])
		}
		slices.Sort(got)
		if strings.Join(got, ", ") == want {
			return
		}
	}
	t.Fatalf("the Alertmanager shows %q, want %q", got, want)
}

// A real Alertmanager that was unreachable gets the alert when it is back, and its end. What came and
// went meanwhile does not fire.
func TestARealAlertmanagerThatIsAwayForAWhile(t *testing.T) {
	t.Parallel()
	am, orch := alertmanagertest.New(t, "/am"), newOrchestrator(t)
	d := start(t, "WATCHDOG_ORCH_URL="+orch.URL, "WATCHDOG_ALERTMANAGER_URL="+am.URL)
	name := "alertmanager:" + strings.TrimPrefix(am.URL, "http://")
	its := func(l map[string]any) bool { return l["channel"] == name }
	orch.answers(failing)
	if failed := d.logged("send_failed", its); failed["permanent"] != false {
		t.Errorf("got %v", failed)
	}
	am.Start()
	fires(t, am, "orch_down critical")
	if a := am.Firing()[0]; a.Labels["alertname"] != "orch_down" || a.Labels["instance"] != "web-1" || a.Labels["job"] != "watchdog" || a.Annotations["summary"] != "ALERT orch_down · web-1" {
		t.Errorf("got %+v", a)
	}
	orch.answers(envelope(1))
	fires(t, am, "")

	am.Stop()
	orch.answers(failing)
	d.loggedTimes(2, "raised", nil)
	orch.answers(envelope(1))
	d.loggedTimes(2, "recovered", nil)
	am.Start()
	d.loggedTimes(3, "sent", its) // the alert, its end, and the missed one
	fires(t, am, "")
	if code, _ := d.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// Two Alertmanagers at one address with different route prefixes are two channels, and each is told
// everything.
func TestTwoAlertmanagersBehindOneAddress(t *testing.T) {
	var mu sync.Mutex
	posts := map[string]int{}
	both := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		posts[r.URL.Path]++
	}))
	defer both.Close()
	d := start(t, "WATCHDOG_ORCH_URL=http://"+freeAddress(t), "WATCHDOG_ALERTMANAGER_URL="+both.URL+"/blue,"+both.URL+"/green/")
	for _, prefix := range []string{"/blue", "/green"} {
		d.logged("sent", func(l map[string]any) bool {
			return l["channel"] == "alertmanager:"+strings.TrimPrefix(both.URL, "http://")+prefix
		})
	}
	d.stop()
	mu.Lock()
	defer mu.Unlock()
	if posts["/blue/api/v2/alerts"] != 1 || posts["/green/api/v2/alerts"] != 1 {
		t.Errorf("posts: %v", posts)
	}
}
