package container

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/events"

	"orchestrator-watchdog/messages"
)

// Podman is recognized by the header of its answers. The probe then requests events by Podman's
// names, retries lists, leaves out the containers of pods, and names podman in its hints.
func TestPodmanIsRecognizedByItsAnswers(t *testing.T) {
	for header, want := range map[string]dialect{"": dockerDialect, podmanHeader: podmanDialect} {
		t.Run(want.name, func(t *testing.T) {
			e := newFakeEngine(2)
			e.containers[1].name = "1efc048eb791-infra"
			e.containers[0].state, e.containers[0].exitCode, e.containers[0].ended = "exited", 143, at(-1)
			fails := 0 // number of lists that fail, as when a container ends meanwhile
			if header != "" {
				fails = podmanDialect.listRetries
			}
			var filters string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if header != "" {
					w.Header().Set(header, "4.3.1")
				}
				if strings.HasSuffix(r.URL.Path, "/events") {
					filters = r.URL.Query().Get("filters")
				}
				if strings.HasSuffix(r.URL.Path, "/containers/json") && fails > 0 {
					fails--
					w.WriteHeader(http.StatusInternalServerError)
					return
				}
				e.ServeHTTP(w, r)
			}))
			defer server.Close()
			p := probeOf(t, e, func(o *Options) { o.Endpoint = Endpoint{Host: "tcp://" + server.Listener.Addr().String()} })
			got, err := p.read(0)
			if err != nil {
				t.Fatal(err)
			}
			isPodman := want.name == podmanDialect.name
			if asked := strings.Contains(filters, `"died"`) && strings.Contains(filters, `"remove"`); asked != isPodman {
				t.Errorf("requested the events %s", filters)
			}
			if _, listed := got["container_down:1efc048eb791-infra"]; listed == isPodman {
				t.Errorf("the container of a pod is listed: %t", listed)
			}
			level := messages.Critical
			if isPodman {
				level = messages.Unknown
			}
			for i := range loopStarts {
				p.Stream.queue.Offer(event{id: e.containers[0].id, name: "app-0", action: events.ActionStart, at: at(float64(i))})
			}
			if got, err = p.read(5); err != nil {
				t.Fatal(err)
			}
			if o := got["container_restarting:app-0"]; !strings.Contains(o.Detail, want.command+" logs --tail 50 app-0") {
				t.Errorf("a restart loop: %+v, want the command of %s", o, want.name)
			}
			if o := got["container_down:app-0"]; o.Level != level {
				t.Errorf("an end with 143: %+v, want %s", o, level)
			}
		})
	}
}
