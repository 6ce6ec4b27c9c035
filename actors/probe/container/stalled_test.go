package container

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"orchestrator-watchdog/messages"
)

// virtual returns a probe of a fake engine in virtual time.
func virtual(t *testing.T, e *fakeEngine) *clocked {
	t.Helper()
	c, err := e.inMemory(t)(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	o := Options{Interval: 15 * time.Second, Stream: NewStream(), Now: time.Now}
	return &clocked{Probe: newProbe(&docker{client: c}, o), t: t}
}

// An inspect hangs while the engine has the container locked. That container is unknown, and the
// others are judged in time.
func TestAnInspectThatHangsDelaysNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newFakeEngine(3)
		p := virtual(t, e)
		if _, err := p.read(0); err != nil {
			t.Fatal(err)
		}
		e.change(func(c *fakeContainer) { c.state, c.status = "exited", "Exited (1) 2 seconds ago" })
		e.mu.Lock()
		e.containers[1].state, e.containers[1].status, e.containers[1].exitCode = "exited", "Exited (3) 2 seconds ago", 3
		e.containers[0].ended, e.containers[1].ended = time.Now(), time.Now()
		e.inspects = map[string]http.HandlerFunc{e.containers[0].id: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }}
		e.mu.Unlock()
		began := time.Now()
		for range 3 { // the inspect is retried only after an interval
			got, err := p.read(0)
			if err != nil {
				t.Fatal(err)
			}
			for _, kind := range []string{"container_down", "container_restarting"} {
				if o := got[messages.NewKey(kind, "app-0")]; o.Level != messages.Unknown || o.Expected || !strings.Contains(o.Detail, `lists it as "Exited (1) 2 seconds ago", and could not inspect it: no answer in time`) {
					t.Errorf("%s of the locked container: %+v", kind, o)
				}
			}
			if got["container_down:app-1"].Level != messages.Critical || got["container_down:app-2"].Level != messages.OK || got["docker_down"].Level != messages.OK {
				t.Errorf("the others: %+v", got)
			}
		}
		if took := time.Since(began); took != inspectTimeout {
			t.Errorf("three readings took %s, want one wait of %s", took, inspectTimeout)
		}
		e.mu.Lock()
		e.inspects = nil
		e.mu.Unlock()
		e.change(func(c *fakeContainer) { c.exitCode = 1 })
		time.Sleep(p.Interval)
		if got, err := p.read(0); err != nil || got["container_down:app-0"].Level != messages.Critical {
			t.Errorf("after the inspect works again: %+v (%v)", got["container_down:app-0"], err)
		}
	})
}

// A container that can't be inspected at the first reading is unknown.
func TestAContainerThatWasNeverInspectedIsUnknown(t *testing.T) {
	e := newFakeEngine(1)
	e.inspects = map[string]http.HandlerFunc{e.containers[0].id: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }}
	got, err := probeOf(t, e, nil).read(0)
	if o := got["container_down:app-0"]; err != nil || o.Level != messages.Unknown || o.Expected || !strings.Contains(o.Detail, "403") {
		t.Errorf("got %+v (%v)", o, err)
	}
}

// With a stalled stream of events it is not known whether thirty ends were requested. None of them
// is a crash, and past events are requested once for all.
func TestAStalledStreamMakesNoCrashOfAStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newFakeEngine(31)
		p := virtual(t, e)
		e.events = func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
		if _, err := p.read(0); err != nil {
			t.Fatal(err)
		}
		e.mu.Lock()
		for i := range e.containers {
			c := &e.containers[i]
			c.state, c.status, c.exitCode, c.ended = "exited", "Exited (143) 1 second ago", 143, time.Now()
		}
		e.containers[30].status, e.containers[30].exitCode = "Exited (1) 1 second ago", 1
		e.mu.Unlock()
		began := time.Now()
		got, err := p.read(0)
		if err != nil || got["container_down:app-30"].Level != messages.Critical {
			t.Errorf("a crash: %+v (%v)", got["container_down:app-30"], err)
		}
		delete(got, "container_down:app-30")
		for key, o := range got {
			if o.Level > messages.OK {
				t.Errorf("%s: %+v", key, o)
			}
		}
		if o := got["container_down:app-0"]; o.Level != messages.Unknown || !strings.Contains(o.Detail, "does not say who asked") {
			t.Errorf("got %+v", o)
		}
		if took := time.Since(began); took != pastTimeout {
			t.Errorf("the reading took %s, want %s", took, pastTimeout)
		}
	})
}

// Behind a proxy that hides the engine's API version, and an engine that refuses 1.41, as Docker 29
// does, the oldest version of the engine is used.
func TestTheOldestVersionOfTheEngineIsUsed(t *testing.T) {
	for name, c := range map[string]struct{ refusal, want string }{
		"Docker 29":     {"client version 1.41 is too old. Minimum supported API version is 1.44, please upgrade your client to a newer version", "/v1.44/"},
		"a newer one":   {"client version 1.41 is too old. Minimum supported API version is 1.60, please upgrade your client to a newer version", "/v1.60/"},
		"another fault": {"layer does not exist", "/v1.41/"},
	} {
		t.Run(name, func(t *testing.T) {
			e := newFakeEngine(1)
			e.api = ""
			e.refuses = func(path string) error {
				if strings.HasPrefix(path, "/v1.41/") {
					return errors.New(c.refusal)
				}
				return nil
			}
			p := probeOf(t, e, nil)
			got, err := p.read(0)
			if c.want != "/v1.41/" {
				if err != nil || got["docker_down"].Level != messages.OK || got["container_down:app-0"].Level != messages.OK {
					t.Errorf("got %+v (%v)", got, err)
				}
			} else if o := got["docker_down"]; o.Level != messages.Critical || !strings.Contains(o.Detail, c.refusal) {
				t.Errorf("got %+v (%v)", o, err)
			}
			if last := p.engine.(*docker).client; last != nil && "/v"+last.ClientVersion()+"/" != c.want {
				t.Errorf("uses %s, want %s", last.ClientVersion(), c.want)
			}
		})
	}
}
