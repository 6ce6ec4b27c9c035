package container

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"pgregory.net/rapid"

	"orchestrator-watchdog/messages"
)

// A crash is an end with an exit code other than 0 that nobody requested.
func TestWhatAStateMeans(t *testing.T) {
	yes, no := func() request { return request{made: true} }, func() request { return request{} }
	unread := func() request { return request{unknown: "the engine does not say who asked it to end (no answer)"} }
	for name, c := range map[string]struct {
		state string
		in    inspected
		asked func() request
		want  messages.Level
		text  string
	}{
		"running":                            {"running", inspected{}, nil, messages.OK, "running"},
		"paused":                             {"paused", inspected{}, nil, messages.OK, "paused"},
		"created is not down":                {"created", inspected{}, nil, messages.OK, "created"},
		"created, never started":             {"created", inspected{err: "no such file"}, nil, messages.Critical, "created, and could not be started: no such file"},
		"a job that is done":                 {"exited", inspected{}, nil, messages.OK, "exited with code 0"},
		"a crash":                            {"exited", inspected{exitCode: 1}, no, messages.Critical, "exited with code 1: docker logs --tail 50 web"},
		"a stop":                             {"exited", inspected{exitCode: 143}, yes, messages.OK, "exited with code 143 (SIGTERM) after it was asked to stop"},
		"a stop by timeout":                  {"exited", inspected{exitCode: 137}, yes, messages.OK, "exited with code 137 (SIGKILL) after it was asked to stop"},
		"killed from outside":                {"exited", inspected{exitCode: 137}, no, messages.Critical, "exited with code 137 (SIGKILL): docker logs --tail 50 web"},
		"killed for memory":                  {"exited", inspected{exitCode: 137, oomKilled: true}, no, messages.Critical, "exited with code 137 (killed for memory): docker logs --tail 50 web"},
		"a child was killed, later it ended": {"exited", inspected{oomKilled: true}, nil, messages.OK, "exited with code 0"},
		"a child was killed, later it was stopped": {"exited", inspected{exitCode: 143, oomKilled: true}, yes, messages.OK, "exited with code 143 (SIGTERM) after it was asked to stop"},
		"a child was killed, later it crashed":     {"exited", inspected{exitCode: 1, oomKilled: true}, no, messages.Critical, "exited with code 1: docker logs --tail 50 web"},
		"between two starts":                       {"restarting", inspected{exitCode: 2}, no, messages.Critical, "exited with code 2; it is being restarted: docker logs --tail 50 web"},
		"a request is unknown":                     {"exited", inspected{exitCode: 1}, unread, messages.Critical, "exited with code 1: docker logs --tail 50 web"},
		"a request is unknown, with a stop's code": {"exited", inspected{exitCode: 143}, unread, messages.Unknown, "exited with code 143 (SIGTERM): the engine does not say who asked it to end (no answer)"},
		"dead": {"dead", inspected{}, nil, messages.Critical, "dead: the engine could not remove it completely; `docker rm -f` it and look at the engine's log"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := judgeDown(listed{name: "web", state: c.state}, c.in, dockerDialect, c.asked); got.Level != c.want || got.Detail != c.text {
				t.Errorf("got %s: %q\nwant %s: %q", got.Level, got.Detail, c.want, c.text)
			}
		})
	}
}

// Podman does not report every stop, nor the signal of a kill. An end that may have been requested
// is unknown, as expected.
func TestWhatAnEndOnPodmanMeans(t *testing.T) {
	const unsaid = "Podman does not say who asked it to end"
	asked := func(r request) func() request { return func() request { return r } }
	open, unclear := asked(request{unknown: unsaid, never: true}), asked(request{unknown: unsaid, never: true, unclear: true})
	for name, c := range map[string]struct {
		in    inspected
		asked func() request
		want  messages.Level
		text  string
	}{
		"a crash":                 {inspected{exitCode: 1}, open, messages.Critical, "exited with code 1: podman logs --tail 50 web"},
		"a stop that is reported": {inspected{exitCode: 143}, asked(request{made: true}), messages.OK, "exited with code 143 (SIGTERM) after it was asked to stop"},
		"the code of a stop":      {inspected{exitCode: 143}, open, messages.Unknown, "exited with code 143 (SIGTERM): " + unsaid},
		"a command waited for it": {inspected{exitCode: 2}, unclear, messages.Unknown, "exited with code 2: " + unsaid},
		"killed for memory":       {inspected{exitCode: 137, oomKilled: true}, unclear, messages.Critical, "exited with code 137 (killed for memory): podman logs --tail 50 web"},
	} {
		t.Run(name, func(t *testing.T) {
			got := judgeDown(listed{name: "web", state: "exited"}, c.in, podmanDialect, c.asked)
			if got.Level != c.want || got.Detail != c.text || got.Expected != (c.want == messages.Unknown) {
				t.Errorf("got %+v, want %s: %q", got, c.want, c.text)
			}
		})
	}
	for code, want := range map[int]messages.Level{1: messages.Warning, 137: messages.Unknown, 143: messages.Unknown} {
		if got := judgeCrash(code, podmanDialect); got.Level != want {
			t.Errorf("removed after an end with %d: %+v, want %s", code, got, want)
		}
	}
}

// A high use that includes the file cache is unknown: most of it may be cache.
func TestAHighUseThatIncludesTheCacheIsUnknown(t *testing.T) {
	for used, want := range map[uint64]messages.Level{500: messages.OK, 900: messages.OK, 990: messages.Unknown} {
		got := judgeMemory(memory{used: used, limit: 1000, cached: true}, messages.OK)
		if got.Level != want || got.Expected != (want == messages.Unknown) || strings.Contains(got.Detail, "left out") {
			t.Errorf("%d of 1000: %+v, want %s", used, got, want)
		}
	}
}

// Five starts within twenty minutes are a loop, which is over ten minutes after the last start.
func TestWhatARestartLoopIs(t *testing.T) {
	minutes := func(m ...float64) (all []time.Time) {
		for _, each := range m {
			all = append(all, at(60*each))
		}
		return all
	}
	for name, c := range map[string]struct {
		starts []time.Time
		was    bool
		now    float64 // minutes after noon
		want   bool
	}{
		"never started":                        {nil, true, 0, false},
		"four starts":                          {minutes(0, 1, 2, 3), false, 3, false},
		"five starts":                          {minutes(0, 1, 2, 3, 4), false, 4, true},
		"five, one of them too old":            {minutes(0, 16, 17, 18, 19), false, 20.1, false},
		"it continues, slower":                 {minutes(0, 1, 2, 3, 4, 13), true, 22, true},
		"nine minutes without a start":         {minutes(0, 1, 2, 3, 4), true, 13.9, true},
		"ten minutes without a start":          {minutes(0, 1, 2, 3, 4), true, 14, false},
		"five, and ten minutes without, late":  {minutes(0, 1, 2, 3, 4), false, 14, false},
		"an engine whose clock is ahead of us": {minutes(5, 6, 7, 8, 9), false, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := looping(c.starts, c.was, at(60*c.now)); got != c.want {
				t.Errorf("a loop: %t, want %t", got, c.want)
			}
		})
	}
}

// A loop is over exactly ten minutes after its last start.
func TestALoopEndsTenMinutesAfterItsLastStart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var starts []time.Time
		clock := noon
		for _, gap := range rapid.SliceOfN(rapid.Int64Range(1, int64(9*time.Minute)), 5, 40).Draw(t, "gaps") {
			clock = clock.Add(time.Duration(gap))
			starts = append(starts, clock)
		}
		since := time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "since"))
		if got := looping(starts, true, clock.Add(since)); got != (since < loopOver) {
			t.Fatalf("%s after the last start: a loop %t", since, got)
		}
	})
}

// In a loop, a few seconds of running are no recovery. Without a loop they are.
func TestAFewSecondsInALoopAreNoRecovery(t *testing.T) {
	k := &known{in: inspected{startedAt: noon}, down: messages.Observation{Detail: "running"}}
	running := listed{state: "running"}
	for name, c := range map[string]struct {
		loop bool
		now  time.Time
		want messages.Level
	}{
		"in a loop, 3 seconds":  {true, at(3), messages.Unknown},
		"in a loop, 10 seconds": {true, at(10), messages.OK},
		"no loop, 3 seconds":    {false, at(3), messages.OK},
	} {
		if got := settling(k, running, c.loop, c.now); got.Level != c.want {
			t.Errorf("%s: %s, want %s", name, got.Level, c.want)
		}
	}
}

// The file cache, which the kernel can reclaim, does not count, in cgroup v1 and v2.
func TestMemoryLeavesTheInactiveCacheOut(t *testing.T) {
	for name, c := range map[string]struct {
		stats container.MemoryStats
		want  memory
	}{
		"cgroup v1":                 {container.MemoryStats{Usage: 100, Limit: 200, Stats: map[string]uint64{"total_inactive_file": 30, "inactive_file": 10}}, memory{used: 70, limit: 200}},
		"cgroup v2":                 {container.MemoryStats{Usage: 100, Limit: 200, Stats: map[string]uint64{"inactive_file": 30}}, memory{used: 70, limit: 200}},
		"a cache larger than usage": {container.MemoryStats{Usage: 100, Limit: 200, Stats: map[string]uint64{"inactive_file": 130}}, memory{used: 100, limit: 200}},
		"no statistics":             {container.MemoryStats{}, memory{cached: true}},
		"the cache is not reported": {container.MemoryStats{Usage: 100, Limit: 200}, memory{used: 100, limit: 200, cached: true}},
	} {
		if got := memoryOf(c.stats); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// Memory is raised above 90 %, and cleared at 85 %.
func TestMemoryHasHysteresis(t *testing.T) {
	level := messages.OK
	for i, step := range []struct {
		used uint64
		want messages.Level
	}{{900, messages.OK}, {901, messages.Warning}, {860, messages.Warning}, {850, messages.OK}, {890, messages.OK}, {1000, messages.Warning}} {
		got := judgeMemory(memory{used: step.used, limit: 1000}, level)
		if level = got.Level; level != step.want {
			t.Errorf("step %d, %d of 1000: %s, want %s", i, step.used, level, step.want)
		}
	}
	if got := judgeMemory(memory{}, messages.Warning); got.Level != messages.Unknown {
		t.Errorf("without statistics: %s, want unknown", got.Level)
	}
	if got := judgeMemory(memory{used: 950 << 20, limit: 1 << 30}, messages.OK).Detail; got != "uses 950 MiB of 1.0 GiB (93 %), file cache left out: at 100 % the kernel kills it" {
		t.Errorf("got %q", got)
	}
}

// The health of a container counts only while it runs.
func TestWhatAHealthcheckSays(t *testing.T) {
	for name, c := range map[string]struct {
		state, health string
		want          messages.Level
	}{
		"healthy":               {"running", "healthy", messages.OK},
		"unhealthy":             {"running", "unhealthy", messages.Warning},
		"starting is unknown":   {"running", "starting", messages.Unknown},
		"ended while unhealthy": {"exited", "unhealthy", messages.Unknown},
	} {
		if got := judgeHealth(listed{state: c.state}, inspected{health: c.health}); got.Level != c.want {
			t.Errorf("%s: %s, want %s", name, got.Level, c.want)
		}
	}
	long := judgeHealth(listed{state: "running"}, inspected{health: "unhealthy", healthLog: fmt.Sprintf("%0300d\nmore", 1)})
	if n := len([]rune(long.Detail)); n > 250 {
		t.Errorf("the healthcheck's output has %d characters", n)
	}
}

// An expected name must have a container that runs.
func TestWhatIsMissing(t *testing.T) {
	for state, want := range map[string]messages.Level{
		"": messages.Critical, "exited": messages.Critical, "created": messages.Critical, "restarting": messages.Critical,
		"running": messages.OK, "paused": messages.OK,
	} {
		if got := judgeMissing(state); got.Level != want {
			t.Errorf("state %q: %s, want %s", state, got.Level, want)
		}
	}
}
