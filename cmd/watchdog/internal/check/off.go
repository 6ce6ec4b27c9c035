package check

import (
	"fmt"
	"slices"
	"strings"

	"orchestrator-watchdog/actors/probe/peerclock"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor"
	"orchestrator-watchdog/supervisor/assembly"
)

// off is something that is not watched, why, and what would switch it on. The probes
// word their notes alike.
type off struct{ what, why, how string }

func (o off) String() string {
	return fmt.Sprintf("%s: off, as %s; to switch it on, %s", o.what, o.why, o.how)
}

// inContainer are paths of which one is there in most containers.
var inContainer = []string{"/.dockerenv", "/run/.containerenv", "/var/run/secrets/kubernetes.io"}

// Off lists what the settings leave out. sees tells whether a path is there.
func Off(c *config.Config, parts []supervisor.ProbePart, sees func(path string) bool) []string {
	var all []string
	add := func(is bool, o off) {
		if is {
			all = append(all, o.String())
		}
	}
	add(!c.Enabled, off{"the daemon", "WATCHDOG_ENABLED is false (this pass alone has looked)", "set it to true"})
	add(c.Orchestrator.URL == "", off{"orch_*", "WATCHDOG_ORCH_URL is not set", "set it to the URL of the orchestrator's /metrics"})
	add(c.Docker.Host == "", off{"docker_down and container_*", "WATCHDOG_DOCKER_HOST is off", "set it to unix:///var/run/docker.sock, or to the tcp:// address of a socket proxy"})
	add(!c.Host.Enabled, off{"host_*", "WATCHDOG_HOST_ENABLED is false", "set it to true"})
	if c.Host.Enabled && c.Host.Proc == "" && assembly.ProcPath(c) == "/proc" && slices.ContainsFunc(inContainer, sees) {
		all = append(all, "host_*: reads the /proc of this container, which shows the host only in part; to see all of it, mount the host's read-only (-v /proc:/host/proc:ro)")
	}
	return append(all, optIns(c, parts)...)
}

// optIns lists what is off until somebody asks for it, with what asks for it.
func optIns(c *config.Config, parts []supervisor.ProbePart) []string {
	var all []string
	add := func(is bool, what, how string) {
		if is {
			all = append(all, fmt.Sprintf("%s: opt-in, by %s", what, how))
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

// isOff tells whether a note says that a signal is off: one of Off, or of a probe.
func isOff(note string, key messages.Key) bool {
	what, how, _ := strings.Cut(note, ": off, as ")
	if how == "" {
		what, how, _ = strings.Cut(note, ": opt-in, ")
	}
	family, _, _ := strings.Cut(key.Kind(), "_")
	return how != "" && (strings.Contains(what, key.Kind()) || strings.Contains(what, family+"_*") || what == "the mount "+key.Instance())
}
