package container

import (
	"net/http"
	"strings"
	"testing"

	"orchestrator-watchdog/messages"
)

// An answer about one container is bounded in bytes and in values, and does not affect the others.
func TestAnEndlessInspectIsNotRead(t *testing.T) {
	for name, c := range map[string]struct{ block, want string }{
		"bytes":  {strings.Repeat(" ", 1<<16), "over 1048576 bytes"},
		"values": {strings.Repeat("{},", 1<<12), "over 50000 values"},
	} {
		t.Run(name, func(t *testing.T) {
			e := newFakeEngine(2)
			e.containers[1].state, e.containers[1].exitCode, e.containers[1].ended = "exited", 3, at(-1)
			e.inspects = map[string]http.HandlerFunc{e.containers[0].id: func(w http.ResponseWriter, _ *http.Request) {
				repeat(w, `{"Mounts":[`, c.block)
			}}
			got, err := probeOf(t, e, nil).read(0)
			if o := got["container_down:app-0"]; err != nil || o.Level != messages.Unknown || !strings.Contains(o.Detail, c.want) {
				t.Errorf("got %+v (%v), want %q", o, err, c.want)
			}
			if got["container_down:app-1"].Level != messages.Critical || got["docker_down"].Level != messages.OK {
				t.Errorf("got %v", got)
			}
		})
	}
}
