package container_test

import (
	"strings"
	"testing"
	"time"

	types "github.com/docker/docker/api/types/container"

	"orchestrator-watchdog/actors/probe/container"
	"orchestrator-watchdog/actors/probe/container/containertest"
	"orchestrator-watchdog/messages"
)

func newProbe(t *testing.T, names ...string) *container.Probe {
	t.Helper()
	p, err := container.New(container.Options{Settings: container.Settings{Endpoint: container.Endpoint{Host: containertest.NewProxy(t).Host}, Include: names}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func observe(t *testing.T, p *container.Probe) map[messages.Key]messages.Observation {
	t.Helper()
	r, err := p.Observe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[messages.Key]messages.Observation)
	for _, o := range r.Observations {
		all[o.Signal] = o
	}
	return all
}

// On the real engine, only an end with an error that nobody requested is a crash.
func TestWhatIsACrashOnTheRealEngine(t *testing.T) {
	engine := containertest.Engine(t)
	stop := func(t *testing.T, id string) {
		seconds := 1
		if err := engine.ContainerStop(t.Context(), id, types.StopOptions{Timeout: &seconds}); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		args []string
		then func(t *testing.T, id string)
		want messages.Level
	}{
		"it runs":                            {[]string{"run"}, nil, messages.OK},
		"a non-zero exit":                    {[]string{"exit", "3"}, func(t *testing.T, id string) { containertest.Ended(t, engine, id) }, messages.Critical},
		"a job that is done":                 {[]string{"exit", "0"}, func(t *testing.T, id string) { containertest.Ended(t, engine, id) }, messages.OK},
		"an operator's stop":                 {[]string{"run"}, stop, messages.OK},
		"a stop that ends in 137 by timeout": {[]string{"deaf"}, stop, messages.OK},
		"an operator's kill": {[]string{"run"}, func(t *testing.T, id string) {
			_ = engine.ContainerKill(t.Context(), id, "KILL")
			containertest.Ended(t, engine, id)
		}, messages.OK},
		"paused": {[]string{"run"}, func(t *testing.T, id string) { _ = engine.ContainerPause(t.Context(), id) }, messages.OK},
	} {
		t.Run(name, func(t *testing.T) {
			shown := containertest.Name(t, "c")
			id := containertest.Run(t, engine, shown, nil, c.args...)
			if c.then != nil {
				c.then(t, id)
			}
			got := observe(t, newProbe(t, shown))
			o, ok := got[messages.NewKey("container_down", shown)]
			if !ok || o.Level != c.want {
				t.Errorf("got %+v, want %s", got, c.want)
			}
		})
	}
}

// A container that was only created is not down, but missing if it is expected.
func TestAnExpectedContainerMustRun(t *testing.T) {
	engine := containertest.Engine(t)
	name := containertest.Name(t, "c")
	id := containertest.Create(t, engine, name, nil, "run")
	p, err := container.New(container.Options{Settings: container.Settings{Endpoint: container.Endpoint{Host: containertest.NewProxy(t).Host}, Include: []string{name}, Expect: []string{name, "no-such-container"}}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	missing, down := messages.NewKey("container_missing", name), messages.NewKey("container_down", name)
	got := observe(t, p)
	if got[missing].Level != messages.Critical || got[down].Level != messages.OK || got["container_missing:no-such-container"].Level != messages.Critical {
		t.Errorf("created: got %+v", got)
	}
	containertest.Start(t, engine, id)
	if got := observe(t, p); got[missing].Level != messages.OK {
		t.Errorf("running: got %+v", got[missing])
	}
	_ = engine.ContainerRemove(t.Context(), id, types.RemoveOptions{Force: true})
	if got := observe(t, p); got[missing].Level != messages.Critical {
		t.Errorf("removed: got %+v", got[missing])
	}
}

// A crash, a start and a second crash are each observed.
func TestACrashAfterARestartIsSeenAgain(t *testing.T) {
	engine := containertest.Engine(t)
	name := containertest.Name(t, "c")
	id := containertest.Run(t, engine, name, nil, "exit", "3", "500ms")
	p := newProbe(t, name)
	for _, want := range []messages.Level{messages.OK, messages.Critical, messages.OK, messages.Critical} {
		if got := observe(t, p)[messages.NewKey("container_down", name)]; got.Level != want {
			t.Fatalf("got %+v, want %s", got, want)
		}
		if want == messages.OK {
			containertest.Ended(t, engine, id)
		} else {
			containertest.Start(t, engine, id)
		}
	}
}

// The memory of a container with a limit is measured.
func TestMemoryOnTheRealEngine(t *testing.T) {
	engine := containertest.Engine(t)
	name := containertest.Name(t, "c")
	containertest.Run(t, engine, name, func(_ *types.Config, h *types.HostConfig) { h.Memory = 64 << 20 }, "run")
	o, there := observe(t, newProbe(t, name))[messages.NewKey("container_memory", name)]
	if !there || o.Level != messages.OK || o.Value <= 0 || o.Value > 50 || !strings.Contains(o.Detail, "of 64 MiB") {
		t.Errorf("got %+v", o)
	}
}

// Without an engine the reading is an error, with docker_down alone.
func TestNoEngineIsDockerDown(t *testing.T) {
	p, err := container.New(container.Options{Settings: container.Settings{Endpoint: container.Endpoint{Host: "unix://" + t.TempDir() + "/none.sock"}}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.Observe(t.Context())
	if err == nil || len(r.Observations) != 1 || r.Observations[0].Signal != "docker_down" || r.Observations[0].Level != messages.Critical {
		t.Errorf("got %+v (%v), want docker_down alone", r, err)
	}
}

// On the real engine, the last lines of a log are read from both streams, from a terminal, without
// a final line feed, and while the container floods its log. A driver that can't be read says so.
func TestLogsOfTheRealEngine(t *testing.T) {
	engine := containertest.Engine(t)
	containertest.Image(t, engine)
	proxy := containertest.NewProxy(t)
	proxy.Logs = true
	facts := container.NewFacts(func(time.Time, string) {})
	settings := container.Settings{Endpoint: container.Endpoint{Host: proxy.Host}, Include: []string{"wdlog-*"}}
	probe, err := container.New(container.Options{Settings: settings, Facts: facts, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	logs := container.NewLogs(settings.Endpoint, 3, facts)
	for name, c := range map[string]struct {
		args   []string
		change func(*types.Config, *types.HostConfig)
		want   string // empty: many bytes, but bounded
	}{
		"streams":  {[]string{"log", "0", "one", "two", "three", "four"}, nil, "two|three|four"},
		"terminal": {[]string{"log", "0", "one", "two", "three", "four"}, func(c *types.Config, _ *types.HostConfig) { c.Tty = true }, "two|three|four"},
		"partial":  {[]string{"print", "no end"}, nil, "no end"},
		"silent":   {[]string{"exit", "0"}, func(_ *types.Config, h *types.HostConfig) { h.LogConfig.Type = "json-file" }, "-"},
		"local":    {[]string{"log", "0", "one"}, func(_ *types.Config, h *types.HostConfig) { h.LogConfig.Type = "local" }, "one"},
		"none":     {[]string{"log", "0", "one"}, func(_ *types.Config, h *types.HostConfig) { h.LogConfig.Type = "none" }, "(its log can't be read: its log driver does not support that)"},
		"flood": {[]string{"flood"}, func(_ *types.Config, h *types.HostConfig) {
			h.LogConfig = types.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "2m", "max-file": "1"}}
		}, ""},
	} {
		id := containertest.Run(t, engine, "wdlog-"+name, c.change, c.args...)
		if c.want != "" {
			containertest.Ended(t, engine, id)
		}
		observe(t, probe)
		lines := logs.Last(t.Context(), "wdlog-"+name)
		for c.want == "" && len(lines) == 0 && t.Context().Err() == nil { // the log is still empty, or is being rotated
			lines = logs.Last(t.Context(), "wdlog-"+name)
		}
		if c.want == "" {
			if n := len(strings.Join(lines, "")); n < 4<<10 || n > 256<<10 || len(lines) > 3 {
				t.Errorf("%s: %d bytes in %d lines", name, n, len(lines))
			}
			_ = engine.ContainerKill(t.Context(), id, "KILL")
			continue
		}
		if got := strings.Join(lines, "|"); got != strings.Trim(c.want, "-") {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
