package check

import (
	"fmt"
	"slices"

	"orchestrator-watchdog/actors/probe/peerclock"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/supervisor"
	"orchestrator-watchdog/supervisor/assembly"
)

// off notes something that is not watched, why, what would switch it on, and which signals
// are off for that. The probes word their notes alike.
func off(what, why, how string, signals ...string) Note {
	return Note{fmt.Sprintf("%s: off, as %s; to switch it on, %s", what, why, how), signals}
}

// inContainer are paths of which one is there in most containers.
var inContainer = []string{"/.dockerenv", "/run/.containerenv", "/var/run/secrets/kubernetes.io"}

// Off lists what the settings leave out. sees tells whether a path is there.
func Off(c *config.Config, parts []supervisor.ProbePart, sees func(path string) bool) []Note {
	var all []Note
	add := func(is bool, n Note) {
		if is {
			all = append(all, n)
		}
	}
	add(!c.Enabled, off("the daemon", "WATCHDOG_ENABLED is false (this pass alone has looked)", "set it to true"))
	add(c.Orchestrator.URL == "", off("orch_*", "WATCHDOG_ORCH_URL is not set", "set it to the URL of the orchestrator's /metrics", "orch_*"))
	add(c.Docker.Host == "", off("docker_down and container_*", "WATCHDOG_DOCKER_HOST is off",
		"set it to unix:///var/run/docker.sock, or to the tcp:// address of a socket proxy", "docker_down", "container_*"))
	add(!c.Host.Enabled, off("host_*", "WATCHDOG_HOST_ENABLED is false", "set it to true", "host_*"))
	if c.Host.Enabled && c.Host.Proc == "" && assembly.ProcPath(c) == "/proc" && slices.ContainsFunc(inContainer, sees) {
		all = append(all, Note{Text: "host_*: reads the /proc of this container, which shows the host only in part; to see all of it, mount the host's read-only (-v /proc:/host/proc:ro)"})
	}
	return append(all, optIns(c, parts)...)
}

// optIns lists what is off until somebody asks for it, with what asks for it.
func optIns(c *config.Config, parts []supervisor.ProbePart) []Note {
	var all []Note
	add := func(is bool, what, how string) {
		if is {
			all = append(all, Note{fmt.Sprintf("%s: opt-in, by %s", what, how), []string{what}})
		}
	}
	clock := slices.ContainsFunc(parts, func(p supervisor.ProbePart) bool { return p.Name == "clock" })
	add(len(c.Dependencies) == 0, "dep_*", "dependencies in the YAML file")
	add(c.Host.Enabled && !clock, "host_clock", fmt.Sprintf("%d peers that speak HTTP, the orchestrator among them", peerclock.MinSources))
	add(c.Host.Enabled && !c.Host.CeilingEnabled, "host_disk_ceiling", "WATCHDOG_DISK_CEILING_ENABLED=true")
	add(c.Host.Enabled && !c.Host.ETAEnabled, "host_disk_eta", "host.disk_eta.enabled: true in the YAML file")
	add(len(c.WitnessURLs) == 0, "watchdog_offline", "WATCHDOG_WITNESS_URLS")
	return all
}
