package assembly

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"orchestrator-watchdog/actors/probe/dependency"
	"orchestrator-watchdog/actors/probe/host"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/messages"
)

// Our clock is compared with the Date headers of the HTTP dependencies.
func TestOurClockIsComparedWithTheDependencies(t *testing.T) {
	c, _, err := Load(config.Source{Environ: []string{"WATCHDOG_DOCKER_HOST=off", "WATCHDOG_HOST_PROC=" + t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	config.Section[*host.Settings](c).Mounts = nil
	for i := range 3 {
		peer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", time.Now().Add(2*time.Minute).UTC().Format(http.TimeFormat))
		}))
		t.Cleanup(peer.Close)
		c.Dependencies = append(c.Dependencies, config.Dependency{Name: fmt.Sprint("d", i), Timeout: time.Minute, Settings: &dependency.HTTP{URL: peer.URL}})
	}
	parts, err := Probes(c, NewShared(time.Now))
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[messages.Key]messages.Observation)
	for _, p := range parts { // the probe of the clock is the last
		r, err := p.Probe.Observe(t.Context())
		if err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
		for _, o := range r.Observations {
			seen[o.Signal] = o
		}
	}
	if o := seen["host_clock"]; o.Level != messages.Warning || o.Value < 60 || o.Value > 180 {
		t.Errorf("got %+v, want a warning of about 120 s", o)
	}
}
