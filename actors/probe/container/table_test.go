package container

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/events"

	"orchestrator-watchdog/messages"
)

var update = flag.Bool("update", false, "rewrite the table in docs/containers.md")

// The events of an end at 100 s after noon.
var (
	died    = event{action: events.ActionDie, at: at(100)}
	cleanup = event{action: actionCleanup, at: at(100.1)}
	stopped = event{action: events.ActionStop, at: at(100)}
)

// crashOrNot is the table in docs/containers.md: what happened, the state of the container, and the
// events of each engine.
var crashOrNot = []struct {
	what   string
	state  string
	in     inspected
	docker []event
	podman []event
	err    error // error of the request for past events
}{
	{what: "it runs", state: "running"},
	{what: "it is paused", state: "paused"},
	{what: "it was created", state: "created"},
	{what: "it could not be started (Podman: does not say so)", state: "created", in: inspected{err: "no such file"}},
	{what: "a job is done", state: "exited"},
	{what: "it ended by itself", state: "exited", in: inspected{exitCode: 1}, podman: []event{died, cleanup}},
	{what: "it ended by itself, and its restart policy starts it again", state: "restarting", in: inspected{exitCode: 1}, podman: []event{died}},
	{
		what: "it was stopped, and ended with a code of its own", state: "exited", in: inspected{exitCode: 2},
		docker: []event{kill("15", 99), died, stopped}, podman: []event{died, cleanup, cleanup},
	},
	{
		what: "it was stopped (Podman: tells so)", state: "exited", in: inspected{exitCode: 143},
		docker: []event{kill("15", 99), died, stopped}, podman: []event{stopped, died, cleanup, cleanup},
	},
	{
		what: "it was stopped (Podman: does not tell so)", state: "exited", in: inspected{exitCode: 143},
		docker: []event{kill("15", 99), died, stopped}, podman: []event{died, cleanup, cleanup},
	},
	{
		what: "it was killed by `docker kill`, `podman kill`", state: "exited", in: inspected{exitCode: 137},
		docker: []event{kill("9", 99), died}, podman: []event{kill("", 99), died, cleanup},
	},
	{what: "it was killed by something else than its engine", state: "exited", in: inspected{exitCode: 137}, docker: []event{died}, podman: []event{died, cleanup}},
	{what: "it was killed for memory, and the engine says so", state: "exited", in: inspected{exitCode: 137, oomKilled: true}, docker: []event{died}, podman: []event{died, cleanup}},
	{what: "a child was killed for memory, later it was done", state: "exited", in: inspected{oomKilled: true}},
	{what: "a child was killed for memory, later it ended by itself", state: "exited", in: inspected{exitCode: 1, oomKilled: true}},
	{what: "the events of that time can't be read", state: "exited", in: inspected{exitCode: 1}, err: errors.New("no answer in time")},
	{what: "the events of that time can't be read, and the code is that of a stop", state: "exited", in: inspected{exitCode: 143}, err: errors.New("no answer in time")},
	{what: "the engine could not remove it completely", state: "dead"},
}

// removedAtOnceTable lists ends of containers of --rm.
var removedAtOnceTable = []struct {
	what   string
	code   int
	docker []event
	podman []event
}{
	{what: "a job of `--rm` is done"},
	{what: "a job of `--rm` ended by itself", code: 1},
	{
		what: "a container of `--rm` was stopped, and ended with a code of its own", code: 2,
		docker: []event{kill("15", 99)}, podman: []event{cleanup},
	},
	{what: "a container of `--rm` was removed by `rm -f`, and ended with a code of its own", code: 2, docker: []event{kill("15", 99)}},
	{what: "a container of `--rm` was stopped, and killed at the timeout", code: 137, docker: []event{kill("9", 99)}, podman: []event{cleanup}},
	{what: "a container of `--rm` was killed for memory", code: 137},
}

// The table in docs/containers.md shows what the code does.
func TestTheTableInTheDocumentIsWhatTheCodeDoes(t *testing.T) {
	const path, begin, end = "../../../docs/containers.md", "<!-- table: go test ./actors/probe/container -update -->\n", "<!-- end of table -->\n"
	document, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(document), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no place for the table", path)
	}
	want := before + begin + table() + end + after
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil { //nolint:gosec // a document for all to read
			t.Fatal(err)
		}
		return
	}
	if want != string(document) {
		t.Error("docs/containers.md is not what the code does: go test ./actors/probe/container -update")
	}
}

func table() string {
	var b strings.Builder
	b.WriteString("\n| what happened | state, code | Docker | Podman |\n|---|---|---|---|\n")
	for _, r := range crashOrNot {
		state := r.state
		if r.state == "exited" || r.state == "restarting" {
			state = fmt.Sprintf("%s, %d", r.state, r.in.exitCode)
		}
		r.in.finishedAt = at(100)
		judged := func(f dialect, told []event) messages.Observation {
			in := r.in
			if f.name == podmanDialect.name {
				in.err = "" // Podman reports none
			}
			var heard life
			for _, h := range told {
				heard.add(h)
			}
			return judgeDown(listed{name: "NAME", state: r.state}, in, f, func() request { return requestOf(f, &heard, &life{}, r.err, in) })
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", r.what, state, cell(judged(dockerDialect, r.docker)), cell(judged(podmanDialect, r.podman)))
	}
	for _, r := range removedAtOnceTable {
		judged := func(f dialect, told []event) string {
			var l life
			l.add(event{action: events.ActionDie, code: r.code, at: at(100)})
			for _, h := range told {
				l.add(h)
			}
			l.add(event{action: events.ActionDestroy, at: at(100.2)})
			if o := judgeCrash(r.code, f); l.crashed && o.Level > messages.OK {
				return "`container_crashed`, " + cell(o)
			}
			return "nothing"
		}
		fmt.Fprintf(&b, "| %s | removed, %d | %s | %s |\n", r.what, r.code, judged(dockerDialect, r.docker), judged(podmanDialect, r.podman))
	}
	b.WriteString("\n")
	return b.String()
}

func cell(o messages.Observation) string {
	level := o.Level.String()
	if o.Level != messages.OK {
		level = "**" + level + "**"
	}
	return level + ": " + o.Detail
}
