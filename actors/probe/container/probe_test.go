package container

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/events"

	"orchestrator-watchdog/messages"
)

// clocked is a probe of a fake engine with a clock that the test sets.
type clocked struct {
	*Probe
	t   testing.TB
	now time.Time
}

func probeOf(t testing.TB, e *fakeEngine, change func(*Options)) *clocked {
	t.Helper()
	p := &clocked{t: t, now: noon}
	o := Options{Settings: Settings{Endpoint: e.listen(t)}, Interval: 15 * time.Second, Stream: NewStream(), Now: func() time.Time { return p.now }}
	if change != nil {
		change(&o)
	}
	var err error
	if p.Probe, err = New(o); err != nil {
		t.Fatal(err)
	}
	return p
}

// read advances the clock by some seconds and reads once.
func (p *clocked) read(later float64) (map[messages.Key]messages.Observation, error) {
	p.t.Helper()
	p.now = p.now.Add(time.Duration(later * float64(time.Second)))
	r, err := p.Observe(p.t.Context())
	all := make(map[messages.Key]messages.Observation)
	for _, o := range r.Observations {
		if _, twice := all[o.Signal]; twice {
			p.t.Errorf("%s is observed twice in one reading", o.Signal)
		}
		all[o.Signal] = o
	}
	return all, err
}

// A reading without changes is one list and no inspect, however many containers there are.
func TestAQuietReadingIsOneRequest(t *testing.T) {
	e := newFakeEngine(100)
	p := probeOf(t, e, nil)
	if _, err := p.read(0); err != nil {
		t.Fatal(err)
	}
	if n := len(e.asked()); n != 1+1+100 {
		t.Errorf("the first reading made %d requests, want a ping, a list and 100 inspects", n)
	}
	for range 3 {
		if _, err := p.read(15); err != nil {
			t.Fatal(err)
		}
		if asked := e.asked(); !slices.Equal(asked, []string{"/containers/json"}) {
			t.Fatalf("a reading without changes requested %q", asked)
		}
	}
	e.change(func(c *fakeContainer) { c.status = "Up 3 hours (unhealthy)" })
	if _, err := p.read(15); err != nil {
		t.Fatal(err)
	}
	if n := len(e.asked()); n != 2 {
		t.Errorf("one container changed: %d requests, want a list and an inspect", n)
	}
}

// The memory of a container with a limit is measured once per interval, or at every reading near
// the limit.
func TestMemoryIsMeasuredOftenNearItsLimit(t *testing.T) {
	e := newFakeEngine(3)
	e.change(func(c *fakeContainer) { c.memory, c.used, c.cache = 1000, 800, 100 })
	p := probeOf(t, e, nil)
	key := messages.Key("container_memory:app-0")
	got, err := p.read(0)
	if err != nil || got[key].Value != 70 || got[key].Level != messages.OK {
		t.Fatalf("got %+v (%v)", got[key], err)
	}
	if _, named := got["container_memory:app-1"]; named {
		t.Error("a container without a limit has the signal")
	}
	stats := func(later float64) (n int) {
		e.asked()
		got, err = p.read(later)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range e.asked() {
			if strings.HasSuffix(path, "/stats") {
				n++
			}
		}
		return n
	}
	if n := stats(1); n != 0 || got[key].Value != 70 {
		t.Errorf("a second later: %d measurements, %+v", n, got[key])
	}
	e.change(func(c *fakeContainer) { c.used = 1040 })
	if n := stats(15); n != 1 || got[key].Level != messages.Warning {
		t.Errorf("an interval later: %d measurements, %+v", n, got[key])
	}
	if n := stats(1); n != 1 {
		t.Errorf("near its limit, a second later: %d measurements", n)
	}
	e.change(func(c *fakeContainer) { c.state = "exited" })
	if n := stats(15); n != 0 || got[key].Level != messages.Unknown || !got[key].Expected {
		t.Errorf("it does not run: %d measurements, %+v", n, got[key])
	}
}

// After the removal of its container, a name is unknown for a moment, and then gone. After a rename
// the old name is gone at once.
func TestANameSurvivesItsContainerForAMoment(t *testing.T) {
	e := newFakeEngine(2)
	p := probeOf(t, e, nil)
	down := messages.Key("container_down:app-0")
	level := func(later float64) string {
		got, err := p.read(later)
		if err != nil {
			t.Fatal(err)
		}
		o, named := got[down]
		if !named {
			return "gone"
		}
		return o.Level.String()
	}
	if got := level(0); got != "ok" {
		t.Fatalf("it runs: %s", got)
	}
	first := e.containers[0]
	e.containers = e.containers[1:]
	if got := level(1); got != "unknown" {
		t.Errorf("removed a second ago: %s", got)
	}
	first.id = fmt.Sprintf("%064x", 4711)
	e.containers = append(e.containers, first)
	if got := level(1); got != "ok" {
		t.Errorf("recreated: %s", got)
	}
	e.containers[len(e.containers)-1].name = "other"
	if got := level(1); got != "gone" {
		t.Errorf("renamed: %s", got)
	}
	e.containers[len(e.containers)-1].name = "app-0"
	level(1)
	e.containers = e.containers[:1]
	if got := level(recreate.Seconds()); got != "gone" {
		t.Errorf("removed for good: %s", got)
	}
}

// The stops and kills for memory in the stream count in the next reading. Kills from before the
// start of the probe do not.
func TestEventsCountInTheNextReading(t *testing.T) {
	e := newFakeEngine(2)
	p := probeOf(t, e, nil)
	hear := func(i int, action events.Action, signal string, seconds float64) {
		p.Stream.queue.Offer(event{id: e.containers[i].id, action: action, signal: signal, at: at(seconds)})
	}
	hear(0, events.ActionOOM, "", -10)
	got, err := p.read(0)
	if _, told := got["container_oom:app-0"]; told || err != nil {
		t.Errorf("a kill for memory before the start: %v (%v)", got, err)
	}
	hear(0, events.ActionOOM, "", 5)
	hear(1, events.ActionOOM, "", 5)
	if got, err = p.read(6); got["container_oom:app-0"].Level != messages.OK || err != nil {
		t.Errorf("a kill that may be the end of the container: %v (%v)", got, err)
	}
	ended := event{id: e.containers[1].id, action: events.ActionDie, code: 137, at: at(5.5)}
	p.Stream.queue.Offer(ended)
	ended.action = events.ActionDestroy
	p.Stream.queue.Offer(ended)
	e.containers = e.containers[:1] // removed at its end
	got, err = p.read(8)
	if got["container_oom:app-0"].Level != messages.Critical || err != nil {
		t.Errorf("a kill that the container survived: %v (%v)", got, err)
	}
	if got["container_crashed:app-1"].Level != messages.Critical || got["container_oom:app-1"].Level != messages.OK {
		t.Errorf("a kill that ended a container of --rm: %v", got)
	}
	if got, _ = p.read(1); got["container_oom:app-0"].Level != messages.OK {
		t.Error("the kill is observed twice")
	}
	e.asked()
	hear(0, events.ActionKill, "15", 10)
	e.change(func(c *fakeContainer) { c.state, c.exitCode, c.ended = "exited", 143, at(11) })
	got, _ = p.read(5)
	if o := got["container_down:app-0"]; o.Level != messages.OK || slices.Contains(e.asked(), "/events") {
		t.Errorf("a stop in the stream: %+v", o)
	}
	for range 5 {
		hear(0, events.ActionStart, "", p.now.Sub(noon).Seconds())
		got, _ = p.read(1)
	}
	if o := got["container_restarting:app-0"]; o.Level != messages.Warning || o.Value != 5 {
		t.Errorf("five starts: %+v", o)
	}
	if got, _ = p.read(loopOver.Seconds()); got["container_restarting:app-0"].Level != messages.OK {
		t.Errorf("ten minutes without a start: %+v", got["container_restarting:app-0"])
	}
}

// An engine may report a kill for memory after the end of the container, and only as an event.
func TestALateEventOfAKillForMemoryIsAwaited(t *testing.T) {
	e := newFakeEngine(1)
	p := probeOf(t, e, nil)
	if _, err := p.read(0); err != nil {
		t.Fatal(err)
	}
	e.change(func(c *fakeContainer) { c.state, c.exitCode, c.ended = "exited", 137, at(5) })
	late := time.AfterFunc(oomEventDelay/5, func() {
		p.Stream.queue.Offer(event{id: e.containers[0].id, action: events.ActionOOM, at: at(5.166)})
	})
	defer late.Stop()
	got, err := p.read(5)
	if o := got["container_down:app-0"]; err != nil || o.Level != messages.Critical || !strings.Contains(o.Detail, "killed for memory") {
		t.Errorf("got %+v (%v)", o, err)
	}
	if _, told := got["container_oom:app-0"]; told {
		t.Error("the kill is observed both as the end of the container and as survived")
	}
}

// An engine may report the end of a container before its list shows it. The inspect counts.
func TestAnInspectCountsBeforeAListThatLagsBehind(t *testing.T) {
	e := newFakeEngine(2)
	p := probeOf(t, e, func(o *Options) { o.Expect = []string{"app-0"} })
	if _, err := p.read(0); err != nil {
		t.Fatal(err)
	}
	e.change(func(c *fakeContainer) { c.state, c.lists, c.exitCode, c.ended = "exited", "running", 1, at(5) })
	p.Stream.queue.Offer(event{id: e.containers[0].id, action: events.ActionDie, code: 1, at: at(5)})
	got, err := p.read(5)
	for _, key := range []messages.Key{"container_down:app-0", "container_missing:app-0"} {
		if got[key].Level != messages.Critical || err != nil {
			t.Errorf("got %+v (%v)", got[key], err)
		}
	}
}

// Any answer that is not a list makes docker_down critical, with the reason, until the next valid
// answer.
func TestABadAnswerIsDockerDown(t *testing.T) {
	for name, c := range map[string]struct {
		api   string
		fails http.HandlerFunc
		text  string
	}{
		"an error": {"1.41", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = w.Write([]byte(`{"message":"layer does not exist"}`))
		}, "layer does not exist"},
		"half a JSON":       {"1.41", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`[{"Id":"a`)) }, "unexpected EOF"},
		"no JSON":           {"1.41", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }, "invalid character '<'"},
		"nothing":           {"1.41", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "EOF"},
		"forbidden":         {"1.41", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, "403"},
		"an endless answer": {"1.41", endless, "too long"},
		"an endless list":   {"1.41", endlessList, "too long: more than 10000 containers"},
		"an endless entry":  {"1.41", endlessEntry, "too long: over 1048576 bytes"},
		"no list":           {"1.41", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"a":1}`)) }, "its list of containers begins with {"},
		"too old an engine": {"1.38", nil, "the engine speaks API 1.38, and the watchdog reads 1.41 (Docker 20.10) or newer: upgrade the engine"},
	} {
		t.Run(name, func(t *testing.T) {
			e := newFakeEngine(1)
			e.api, e.fails = c.api, c.fails
			p := probeOf(t, e, nil)
			got, err := p.read(0)
			if o := got["docker_down"]; err == nil || o.Level != messages.Critical || !strings.Contains(o.Detail, c.text) || strings.Contains(o.Detail, nowhere) {
				t.Errorf("got %+v (%v), want %q", o, err, c.text)
			}
			e.mu.Lock()
			e.api, e.fails = "1.41", nil
			e.mu.Unlock()
			if got, err := p.read(1); err != nil || got["docker_down"].Level != messages.OK {
				t.Errorf("after a valid answer: %+v (%v)", got["docker_down"], err)
			}
		})
	}
}

func endless(w http.ResponseWriter, _ *http.Request) {
	repeat(w, "[", strings.Repeat(" ", 1<<20))
}

func endlessList(w http.ResponseWriter, _ *http.Request) {
	repeat(w, "[{}", strings.Repeat(",{}", 1<<16))
}

func endlessEntry(w http.ResponseWriter, _ *http.Request) {
	repeat(w, `[{"Labels":{"x":"y"`, strings.Repeat(`,"x":"y"`, 1<<16))
}

// repeat writes first and then block for ever, until the write fails.
func repeat(w http.ResponseWriter, first, block string) {
	_, err := w.Write([]byte(first))
	for err == nil {
		_, err = w.Write([]byte(block))
	}
}

// The API version is at most that of the engine, and the oldest supported one if the engine does
// not name its own.
func TestTheVersionIsNegotiated(t *testing.T) {
	for engine, want := range map[string]string{"1.41": "/v1.41/", "1.47": "/v1.47/", "9.99": "/v1.5", "": "/v1.41/"} {
		t.Run("engine "+engine, func(t *testing.T) {
			e := newFakeEngine(0)
			e.api = engine
			var path string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				path = r.URL.Path
				e.ServeHTTP(w, r)
			}))
			defer server.Close()
			p := probeOf(t, e, func(o *Options) { o.Endpoint = Endpoint{Host: "tcp://" + server.Listener.Addr().String()} })
			if _, err := p.read(0); err != nil || !strings.HasPrefix(path, want) {
				t.Errorf("requested %s (%v), want %s", path, err, want)
			}
		})
	}
}

// A name is not escaped here: the channel that shows it does that.
func TestAStrangeNameIsANameLikeAnyOther(t *testing.T) {
	e := newFakeEngine(1)
	e.change(func(c *fakeContainer) { c.name = "<b>&amp;" })
	p := probeOf(t, e, nil)
	got, err := p.read(0)
	if _, named := got[messages.NewKey("container_down", "<b>&amp;")]; !named || err != nil {
		t.Errorf("got %v (%v)", got, err)
	}
}

// Swarm creates a new container after each crash, so a loop counts the starts of all tasks of a slot.
func TestALoopOfSwarmTasksIsSeen(t *testing.T) {
	e := newFakeEngine(5)
	p := probeOf(t, e, nil)
	for i := range e.containers {
		c := &e.containers[i]
		c.name = fmt.Sprintf("web.1.%d", i)
		c.labels = map[string]string{swarmService: "web", swarmTask: c.name}
		if i < 4 {
			c.state, c.exitCode = "exited", 1
		}
		p.Stream.queue.Offer(event{id: c.id, name: c.name, action: events.ActionStart, at: at(float64(i))})
	}
	got, err := p.read(10)
	if o := got["container_restarting:web.1"]; err != nil || o.Level != messages.Warning || o.Value < 5 {
		t.Errorf("got %+v (%v)", o, err)
	}
	if len(got) != 3 {
		t.Errorf("former tasks have their own signals: %v", got)
	}
}
