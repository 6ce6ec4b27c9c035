package container_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	types "github.com/docker/docker/api/types/container"
	"go.uber.org/zap"

	"orchestrator-watchdog/actors/probe/container"
	"orchestrator-watchdog/actors/probe/container/containertest"
	"orchestrator-watchdog/messages"
)

// onPodman starts a Podman for the test, and returns it with a probe that receives its events.
func onPodman(t *testing.T) (*containertest.Podman, *container.Probe) {
	t.Helper()
	engine := containertest.NewPodman(t)
	endpoint := container.Endpoint{Host: containertest.NewProxyTo(t, engine.Host).Host}
	stream := container.NewStream()
	p, err := container.New(container.Options{Settings: container.Settings{Endpoint: endpoint}, Stream: stream, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	watcher := container.NewWatcher(container.WatcherOptions{Endpoint: endpoint, Stream: stream, Changed: func(time.Time, string) {}, Now: time.Now, Log: zap.NewNop()})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = watcher.Serve(ctx)
	}()
	t.Cleanup(func() { cancel(); <-ended })
	return engine, p
}

// until reads until an observation of the signal is as wanted, and returns all levels that the
// signal had.
func until(t *testing.T, p *container.Probe, key messages.Key, wanted func(messages.Observation) bool) (levels []messages.Level) {
	t.Helper()
	var last messages.Observation
	for range 100 {
		if o, there := observe(t, p)[key]; there {
			last = o
			levels = append(levels, o.Level)
			if wanted(o) {
				return levels
			}
		}
		time.Sleep(100 * time.Millisecond) // the events take an unknown time
	}
	t.Fatalf("%s is %+v", key, last)
	return nil
}

// On Podman, only an end with an error that nobody requested is a crash. Podman does not report
// requests reliably, so an end with the exit code of a stop is unknown, and never critical.
func TestWhatIsACrashOnPodman(t *testing.T) {
	engine, p := onPodman(t)
	const unsaid = "Podman does not say who asked it to end"
	stop := func(t *testing.T, name string) { engine.Command(t, "stop", "--time", "1", name) }
	ends := func(t *testing.T, name string) { engine.Command(t, "wait", name) }
	for title, c := range map[string]struct {
		flags, args []string
		then        func(t *testing.T, name string)
		texts       []string // the detail contains one of them
		never       []messages.Level
	}{
		"it runs":                   {nil, []string{"run"}, nil, []string{"running"}, nil},
		"a non-zero exit":           {nil, []string{"exit", "3"}, ends, []string{"exited with code 3: podman logs --tail 50 "}, nil},
		"a job that is done":        {nil, []string{"exit", "0"}, ends, []string{"exited with code 0"}, nil},
		"an operator's stop":        {nil, []string{"run"}, stop, []string{"exited with code 0"}, nil},
		"a stop that ends with 143": {nil, []string{"run", "143"}, stop, []string{"after it was asked to stop", unsaid}, []messages.Level{messages.Critical}},
		"a stop that ends with 2":   {nil, []string{"run", "2"}, stop, []string{"after it was asked to stop", unsaid}, nil},
		"a stop by timeout":         {nil, []string{"deaf"}, stop, []string{"after it was asked to stop", unsaid}, []messages.Level{messages.Critical}},
		"an operator's kill":        {nil, []string{"deaf"}, func(t *testing.T, name string) { engine.Command(t, "kill", name) }, []string{"after it was asked to stop"}, nil},
		"paused":                    {nil, []string{"run"}, func(t *testing.T, name string) { engine.Command(t, "pause", name) }, []string{"paused"}, nil},
		"killed for memory":         {[]string{"--memory", "24m"}, []string{"eat"}, ends, []string{"(SIGKILL): " + unsaid, "(killed for memory): podman logs"}, nil},
		"a harmless signal":         {nil, []string{"exit", "4", "1s"}, func(t *testing.T, name string) { engine.Command(t, "kill", "--signal", "URG", name); ends(t, name) }, []string{unsaid}, nil},
	} {
		t.Run(title, func(t *testing.T) {
			name := containertest.Name(t, "c")
			key := messages.NewKey("container_down", name)
			engine.Command(t, slices.Concat([]string{"run", "--detach", "--network", "none", "--name", name}, c.flags, []string{containertest.ImageName}, c.args)...)
			if c.then != nil {
				c.then(t, name)
			}
			levels := until(t, p, key, func(o messages.Observation) bool {
				return slices.ContainsFunc(c.texts, func(text string) bool { return strings.Contains(o.Detail, text) })
			})
			for _, l := range c.never {
				if slices.Contains(levels, l) {
					t.Errorf("it was %s in between: %v", l, levels)
				}
			}
		})
	}
}

// For Podman, a container that could not be started looks like one that nobody started. If it is
// expected, it is missing.
func TestAContainerThatPodmanCouldNotStart(t *testing.T) {
	engine, p := onPodman(t)
	engine.Command(t, "create", "--network", "none", "--name", "idle", containertest.ImageName, "run")
	engine.Command(t, "create", "--network", "none", "--name", "broken", "--label", "watchdog.expect=true", "--entrypoint", "/none", containertest.ImageName)
	_ = engine.Client.ContainerStart(t.Context(), "broken", types.StartOptions{}) // fails on purpose
	for _, key := range []messages.Key{"container_down:idle", "container_down:broken"} {
		until(t, p, key, func(o messages.Observation) bool { return o.Level == messages.OK && o.Detail == "created" })
	}
	until(t, p, "container_missing:broken", func(o messages.Observation) bool { return o.Level == messages.Critical })
}

// A healthcheck of Podman counts like one of Docker. Podman runs it by systemd, which may be
// missing, so the test runs it.
func TestAHealthcheckOnPodman(t *testing.T) {
	engine, p := onPodman(t)
	engine.Command(t, "run", "--detach", "--network", "none", "--name", "web", "--health-cmd", `["/app", "healthy", "/none"]`,
		"--health-interval", "disable", "--health-retries", "1", containertest.ImageName, "run")
	_ = engine.Run(t, "healthcheck", "run", "web") // fails, since the container is unhealthy
	until(t, p, "container_unhealthy:web", func(o messages.Observation) bool {
		return o.Level == messages.Warning && strings.Contains(o.Detail, "not well")
	})
}

// The container that Podman adds to each pod is not observed.
func TestTheContainerOfAPodIsLeftOut(t *testing.T) {
	engine, p := onPodman(t)
	engine.Command(t, "pod", "create", "--name", "shop", "--network", "none", "--infra-image", containertest.ImageName, "--infra-command", "/app run")
	engine.Command(t, "run", "--detach", "--pod", "shop", "--name", "till", containertest.ImageName, "run")
	for key := range observe(t, p) {
		if strings.Contains(string(key), "-infra") {
			t.Errorf("%s is observed", key)
		}
	}
	until(t, p, "container_down:till", func(o messages.Observation) bool { return o.Detail == "running" })
}

// Podman reports the memory use of a container including its file cache, whose size it does not
// report.
func TestMemoryOnPodmanIncludesItsCache(t *testing.T) {
	engine, p := onPodman(t)
	engine.Command(t, "run", "--detach", "--network", "none", "--memory", "64m", "--name", "web", containertest.ImageName, "run")
	until(t, p, "container_memory:web", func(o messages.Observation) bool {
		return o.Level == messages.OK && o.Value > 0 && strings.Contains(o.Detail, "of 64 MiB") && strings.Contains(o.Detail, "with its file cache")
	})
}

// A container that crashed and that Podman removed at once is a warning, since somebody may have
// stopped it.
func TestACrashThatPodmanRemovesIsAWarning(t *testing.T) {
	engine, p := onPodman(t)
	observe(t, p)
	run := func(name string, args ...string) {
		engine.Command(t, slices.Concat([]string{"run", "--detach", "--rm", "--network", "none", "--name", name, containertest.ImageName}, args)...)
	}
	run("stopped", "run", "143")
	until(t, p, "container_down:stopped", func(o messages.Observation) bool { return o.Detail == "running" })
	engine.Command(t, "stop", "stopped")
	run("job", "exit", "1")
	told := false
	for !told && t.Context().Err() == nil {
		all := observe(t, p)
		if _, stopped := all["container_crashed:stopped"]; stopped {
			t.Error("a stop is observed as a crash")
		}
		var o messages.Observation
		if o, told = all["container_crashed:job"]; told && (o.Level != messages.Warning || !strings.Contains(o.Detail, "exited with code 1 and was removed at once (--rm): its log is gone with it; Podman does not say")) {
			t.Errorf("got %+v", o)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// A container that Podman restarts again and again is in a restart loop.
func TestARestartLoopOnPodman(t *testing.T) {
	engine, p := onPodman(t)
	engine.Command(t, "run", "--detach", "--network", "none", "--restart", "always", "--name", "web", containertest.ImageName, "exit", "1")
	until(t, p, "container_restarting:web", func(o messages.Observation) bool { return o.Level == messages.Warning })
}

// A stop from before the start of the probe is known, although Podman can't return past events only.
func TestAStopBeforeTheWatchOnPodman(t *testing.T) {
	engine := containertest.NewPodman(t)
	id := containertest.Run(t, engine.Client, "web", nil, "deaf")
	if err := engine.Client.ContainerKill(t.Context(), id, "KILL"); err != nil {
		t.Fatal(err)
	}
	containertest.Ended(t, engine.Client, id)
	p, err := container.New(container.Options{Settings: container.Settings{Endpoint: container.Endpoint{Host: engine.Host}}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if o := observe(t, p)["container_down:web"]; o.Level != messages.OK || !strings.Contains(o.Detail, "after it was asked to stop") {
		t.Errorf("got %+v", o)
	}
	_ = engine.Client.ContainerRemove(t.Context(), id, types.RemoveOptions{Force: true})
}
