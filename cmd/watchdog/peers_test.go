package main

import (
	"os"
	"strings"
	"testing"
)

// Two watchdogs with the shipped file watch each other: when one ends, the other one tells it, and
// tells the recovery when it is back.
func TestTwoWatchdogsWatchEachOther(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(root + "/deploy/watchdog.peers.yaml")
	must(t, err)
	listens := []string{freeAddress(t), freeAddress(t)}
	other := func(i int) string {
		return file(t, strings.Replace(string(text), "peer:9465", listens[1-i], 1))
	}
	api := chat(t)
	first := func() *daemon {
		return start(t, "WATCHDOG_HOST_LABEL=web-1", "WATCHDOG_LISTEN="+listens[0], other(0))
	}
	d := first()
	start(t, append(telegramSettings(api), "WATCHDOG_HOST_LABEL=web-2", "WATCHDOG_LISTEN="+listens[1], other(1))...).
		logged("observation", func(l map[string]any) bool { return l["signal"] == "dep_down:peer" && l["state"] == "ok" })
	d.logged("observation", func(l map[string]any) bool { return l["signal"] == "dep_down:peer" && l["state"] == "ok" })
	d.stop()
	alert := find(t, api, "ALERT dep_down:peer · web-2")
	first()
	if m := find(t, api, "RECOVERED dep_down:peer · web-2"); m.ReplyTo != alert.ID {
		t.Errorf("got %+v", m)
	}
}

// compose.two-hosts.yaml is valid together with compose.yaml. The port is published only on the
// given address.
func TestTheComposeFileForTwoHosts(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short")
	}
	needCompose(t)
	text := compose(t, root+"/deploy/compose.two-hosts.yaml", []string{"PEER_ADDRESS=10.0.0.2", "OWN_ADDRESS=10.0.0.1"}, "config")
	for _, want := range []string{"peer: 10.0.0.2", "10.0.0.1:9465:9465", "WATCHDOG_CONFIG: /etc/watchdog/peers.yaml", "watchdog.peers.yaml:/etc/watchdog/peers.yaml:ro"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in\n%s", want, text)
		}
	}
	if n := strings.Count(text, ":9465:9465"); n != 1 {
		t.Errorf("%d ports are published, want one", n)
	}
}
