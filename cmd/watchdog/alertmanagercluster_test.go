package main

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/notifier/alertmanager/alertmanagertest"
)

// told waits until the receiver behind the Alertmanagers has exactly these notifications, and checks
// that no more follow: a later peer of the cluster would notify again within the peer timeout.
func told(t *testing.T, r *alertmanagertest.Receiver, want map[string]int) {
	t.Helper()
	for limit := time.Now().Add(30 * time.Second); !maps.Equal(r.Told(), want); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("told %v, want %v", r.Told(), want)
		}
	}
	time.Sleep(alertmanagertest.PeerTimeout + time.Second)
	if !maps.Equal(r.Told(), want) {
		t.Fatalf("told %v after a while, want %v", r.Told(), want)
	}
}

// service returns a dependency whose answers a test sets, and its entry in the file.
func service(t *testing.T, name string) (s *fakeOrchestrator, entry string) {
	s = newOrchestrator(t)
	return s, fmt.Sprintf("  - {name: %s, http: {url: %q}}\n", name, s.URL)
}

// A cluster of two loses and duplicates nothing when one is killed. A silence of the cluster does not
// silence the chat.
func TestAClusterOfAlertmanagers(t *testing.T) {
	t.Parallel()
	receiver, api := alertmanagertest.NewReceiver(t), chat(t)
	cluster := alertmanagertest.NewCluster(t, 2, receiver.URL)
	for _, am := range cluster {
		am.Start()
	}
	first, entry1 := service(t, "first")
	second, entry2 := service(t, "second")
	third, entry3 := service(t, "third")
	d := start(t, append(telegramSettings(api), "WATCHDOG_ALERTMANAGER_URL="+cluster[0].URL+","+cluster[1].URL, file(t, "dependencies:\n"+entry1+entry2+entry3))...)

	first.answers(failing)
	fires(t, cluster[0], "dep_down:first critical")
	fires(t, cluster[1], "dep_down:first critical")
	want := map[string]int{"web-1 dep_down:first firing": 1}
	told(t, receiver, want)

	cluster[0].Stop()
	second.answers(failing)
	first.answers(envelope(1))
	fires(t, cluster[1], "dep_down:second critical")
	want["web-1 dep_down:first resolved"], want["web-1 dep_down:second firing"] = 1, 1
	told(t, receiver, want)

	cluster[0].Start()
	fires(t, cluster[0], "dep_down:second critical")
	told(t, receiver, want)

	cluster[0].Silence("dep_down:third")
	for limit := time.Now().Add(20 * time.Second); !cluster[1].Silences("dep_down:third"); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("the silence has not reached the other Alertmanager")
		}
	}
	third.answers(failing)
	for _, am := range cluster {
		fires(t, am, "dep_down:second critical, dep_down:third critical")
	}
	find(t, api, "ALERT dep_down:third · web-1")

	second.answers(envelope(1))
	for _, am := range cluster {
		fires(t, am, "dep_down:third critical")
	}
	d.stop()
}

// However an Alertmanager fails, the chat is told of the trouble, and the log of the failure.
func TestAnAlertmanagerThatFailsStopsNoChat(t *testing.T) {
	t.Parallel()
	answers := func(status int) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
	}
	silent := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // otherwise the end of the connection is not detected
		<-r.Context().Done()
	})
	for name, c := range map[string]struct {
		server    *httptest.Server
		permanent bool
		want      string // in the error
	}{
		"400":                  {httptest.NewServer(answers(400)), true, "0.16"},
		"500":                  {httptest.NewServer(answers(500)), false, "500"},
		"nothing":              {httptest.NewServer(silent), false, "no answer in time"},
		"an unknown authority": {httptest.NewTLSServer(answers(200)), false, "certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Cleanup(func() { c.server.CloseClientConnections(); c.server.Close() })
			api := chat(t)
			d := start(t, append(telegramSettings(api), "WATCHDOG_ORCH_URL=http://"+freeAddress(t), "WATCHDOG_ALERTMANAGER_URL="+c.server.URL)...)
			find(t, api, "ALERT orch_down · web-1")
			failed := d.logged("send_failed", func(l map[string]any) bool { return strings.HasPrefix(l["channel"].(string), "alertmanager:") })
			if text := failed["error"].(string); failed["permanent"] != c.permanent || !strings.Contains(text, c.want) {
				t.Errorf("permanent %v: %s", failed["permanent"], text)
			}
			if code, took := d.stop(); code != 0 || took > 10*time.Second {
				t.Errorf("exit code %d after %s", code, took)
			}
		})
	}
}
