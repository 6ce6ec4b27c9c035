package discover

import (
	"fmt"
	"strings"
	"unicode"

	"orchestrator-watchdog/actors/probe/container"
)

// Mount is a mounted file system of the host.
type Mount struct{ Path, Type string }

// Metrics is an answer to /metrics.
type Metrics struct {
	Container string
	URL       string
	Envelope  bool // a JSON envelope; otherwise Prometheus text
}

// Host is what was found.
type Host struct {
	Containers   []container.Found
	Metrics      []Metrics
	Dependencies []Proposal
	Mounts       []Mount
	Problems     []string // what could not be read
	Unreachable  []string // containers whose ports this process can't reach
}

// orchestrators are images of orchestrators.
var orchestrators = []string{"airflow", "temporal", "prefect", "dagster", "nomad", "orchestrator", "n8n", "kestra", "argo", "windmill"}

// page is the file while it is written.
type page struct{ strings.Builder }

func (p *page) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// YAML returns the file. The same host gives the same file.
func YAML(h Host) string {
	var p page
	p.line("# A first version of what could be watched here: read it, remove what does not matter, and set")
	p.line("# WATCHDOG_CONFIG to its path. Nothing was written and nothing was changed.")
	p.line("# `watchdog config` checks whether it is valid, `watchdog check` shows what it would see.")
	for _, problem := range h.Problems {
		p.line("# Could not be read: %s", plain(problem))
	}
	p.line("")
	p.orchestrator(h)
	p.containers(h.Containers)
	p.dependencies(h)
	p.mounts(h.Mounts)
	return p.String()
}

// Orchestrator returns the container that is most likely the orchestrator; empty: none.
func (h Host) Orchestrator() string {
	if i := h.chosen(); i >= 0 {
		return h.Metrics[i].Container
	}
	return ""
}

// chosen returns the index of the answer to /metrics that is most likely the orchestrator's, or -1.
// An envelope wins, then the image of a known orchestrator. Others may be databases with metrics.
func (h Host) chosen() int {
	chosen := -1
	for i, m := range h.Metrics {
		switch {
		case m.Envelope && (chosen < 0 || !h.Metrics[chosen].Envelope), chosen < 0 && h.isOrchestrator(m.Container):
			chosen = i
		}
	}
	return chosen
}

func (p *page) orchestrator(h Host) {
	chosen := h.chosen()
	if chosen < 0 {
		p.line("# orchestrator:")
		p.line("#   # No container looks like one: set the URL of its /metrics. docs/envelope.md says what it should answer.")
		p.line("#   url: http://orchestrator:8000/metrics")
	} else {
		m := h.Metrics[chosen]
		what := "Prometheus text; docs/envelope.md shows how to write rules for it"
		if m.Envelope {
			what = "an envelope, so the default rules apply"
		}
		p.line("orchestrator:")
		p.line("  # The container %s answers with %s.", plain(m.Container), what)
		p.line("  url: %q", m.URL)
	}
	for i, m := range h.Metrics {
		if i != chosen {
			p.line("  # The container %s also answers /metrics: url: %q", plain(m.Container), m.URL)
		}
	}
	p.line("")
}

func (h Host) isOrchestrator(name string) bool {
	for _, c := range h.Containers {
		if c.Name == name {
			return isImage(c, orchestrators)
		}
	}
	return false
}

func (p *page) containers(all []container.Found) {
	var expected, others []container.Found
	for _, c := range all {
		switch {
		case c.Self || c.Ignored || !c.Running:
		case c.Restart != "":
			expected = append(expected, c)
		default:
			others = append(others, c)
		}
	}
	if len(expected) == 0 {
		p.line("# containers:")
		p.line("#   # No running container has a restart policy. All are watched for crashes; a name that is listed must run.")
		p.line("#   expect: [orchestrator, db]")
	} else {
		p.line("containers:")
		p.line("  # They run and have a restart policy, so they are meant to run: one that does not is told as")
		p.line("  # container_missing. All other containers are watched for crashes.")
		p.line("  expect:")
		for _, c := range expected {
			p.line("    - %q # %s, restart: %s", c.Name, plain(c.Image), plain(c.Restart))
		}
	}
	if len(others) > 0 {
		p.line("  # Without a restart policy, so they may be meant to exit:")
		for _, c := range others {
			p.line("  #  - %q # %s", c.Name, plain(c.Image))
		}
	}
	p.line("")
}

func (p *page) dependencies(h Host) {
	answers := 0
	for _, d := range h.Dependencies {
		if d.Problem == "" {
			answers++
		}
	}
	switch {
	case answers > 0:
		p.line("dependencies:")
		p.line("  # Each was checked once: what was not ok is a comment. A file named by …_file contains only the")
		p.line("  # credential; create it, and mount it read-only.")
	case len(h.Dependencies) > 0:
		p.line("# dependencies:")
	}
	for _, d := range h.Dependencies {
		p.line("  # %s: %s.", plain(d.Name), plain(d.Why))
		if d.Problem == "" {
			p.line("  - %s", d.YAML())
		} else {
			p.line("  # - %s", d.YAML())
			p.line("  #   was not ok: %s", plain(d.Problem))
		}
		if d.Deeper != "" {
			p.line("  # - {name: %q, %s} # also logs in", d.Name, d.Deeper)
		}
	}
	if len(h.Unreachable) > 0 {
		p.line("# Not reachable from here, because no port is published and no network is shared: %s", plain(strings.Join(h.Unreachable, ", ")))
	}
	if len(h.Dependencies)+len(h.Unreachable) > 0 {
		p.line("")
	}
}

func (p *page) mounts(mounts []Mount) {
	if len(mounts) == 0 {
		return
	}
	p.line("host:")
	p.line("  # Watched for inodes and for becoming read-only. To a watchdog in a container, give a directory of")
	p.line("  # each, mounted read-only, as label=path: \"/data=/host/data\" with the volume \"/data:/host/data:ro\".")
	p.line("  mounts:")
	for _, m := range mounts {
		p.line("    - %q # %s", m.Path, plain(m.Type))
	}
}

// plain makes text from outside safe for a comment.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
}
