package check

import (
	"fmt"
	"slices"
	"strings"

	"orchestrator-watchdog/actors/probe/container"
	"orchestrator-watchdog/actors/probe/host"
	"orchestrator-watchdog/actors/probe/orchestrator"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/config/field"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor"
	"orchestrator-watchdog/supervisor/assembly"
)

// off returns a note about something that is not watched: why, what would switch it on, and which
// signals are off. The probes word their notes in the same way.
func off(what, why, how string, signals ...string) Note {
	return Note{Text: fmt.Sprintf("%s: off, as %s; to switch it on, %s", what, why, how), Off: signals}
}

// inContainer are paths of which one exists in most containers.
var inContainer = []string{"/.dockerenv", "/run/.containerenv", "/var/run/secrets/kubernetes.io"}

// Off lists what the settings switch off. sees reports whether a path exists.
func Off(c *config.Config, parts []supervisor.ProbePart, sees func(path string) bool) []Note {
	var all []Note
	add := func(is bool, n Note) {
		if is {
			all = append(all, n)
		}
	}
	add(!c.Enabled, off("the daemon", "WATCHDOG_ENABLED is false (only this pass ran)", "set it to true"))
	add(config.Section[*orchestrator.Settings](c).URL == "", off("orch_*", "WATCHDOG_ORCH_URL is not set", "set it to the URL of the orchestrator's /metrics", "orch_*"))
	add(config.Section[*container.Settings](c).Host == "", off("docker_down and container_*", "WATCHDOG_DOCKER_HOST is off",
		"set it to unix:///var/run/docker.sock, or to the tcp:// address of a socket proxy", "docker_down", "container_*"))
	h := config.Section[*host.Settings](c)
	add(!h.Enabled, off("host_*", "WATCHDOG_HOST_ENABLED is false", "set it to true", "host_*"))
	if h.Enabled && h.Proc == "" && assembly.ProcPath(c) == "/proc" && slices.ContainsFunc(inContainer, sees) {
		all = append(all, Note{Text: "host_*: reads the /proc of this container, which shows only a part of the host; to see all of it, mount the host's /proc read-only (-v /proc:/host/proc:ro)"})
	}
	return append(all, optIns(c, parts, all)...)
}

// optIns lists the opt-in kinds that are off, with what enables them: those without a probe, and those
// whose setting is false. Kinds that another note explains are left out.
func optIns(c *config.Config, parts []supervisor.ProbePart, others []Note) []Note {
	values := make(map[string]string) // by setting
	for _, s := range c.Effective() {
		values[s.Name] = s.Value
	}
	off := make(map[string][]string) // kinds by what enables them
	for _, kind := range messages.Kinds {
		saidAlready := func(n Note) bool { return n.isOff(messages.Key(kind.Name)) }
		if kind.OptIn == "" || slices.ContainsFunc(others, saidAlready) {
			continue
		}
		observes := func(p supervisor.ProbePart) bool { return messages.Key(p.Name).Kind() == kind.Probe }
		wanted, err := field.Bool(values[kind.Switch]) // an error means that there is no such setting
		if err == nil && !wanted || !slices.ContainsFunc(parts, observes) {
			off[kind.OptIn] = append(off[kind.OptIn], kind.Name)
		}
	}
	var all []Note
	for how, kinds := range off {
		what := kinds[0]
		if family, _, _ := strings.Cut(what, "_"); len(kinds) > 1 {
			what = family + "_*"
		}
		all = append(all, Note{Text: fmt.Sprintf("%s: opt-in, by %s", what, how), Off: kinds})
	}
	return all
}
