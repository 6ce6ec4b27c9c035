package discover

import (
	"fmt"
	"strings"
	"unicode"

	"orchestrator-watchdog/actors/probe/container"
)

// Mount is a mounted file system of the host.
type Mount struct{ Path, Type string }

// Metrics is a container that answers /metrics.
type Metrics struct {
	Container string
	URL       string
	Envelope  bool // it is an envelope in JSON, and not Prometheus text
}

// Host is what was found.
type Host struct {
	Containers   []container.Found
	Metrics      []Metrics
	Dependencies []Proposal
	Mounts       []Mount
	Problems     []string // what could not be looked at
	Unreachable  []string // containers with ports that can't be asked from where we run
}

// orchestrators are images whose container is likely the orchestrator.
var orchestrators = []string{"airflow", "temporal", "prefect", "dagster", "nomad", "orchestrator", "n8n", "kestra", "argo", "windmill"}

// page is the file as it is written.
type page struct{ strings.Builder }

func (p *page) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// YAML writes the file. The same host gives the same file.
func YAML(h Host) string {
	var p page
	p.line("# What could be watched here, as a start: read it, take out what does not matter, and set")
	p.line("# WATCHDOG_CONFIG to where you keep it. Nothing was written and nothing was changed.")
	p.line("# `watchdog config` says whether it is valid, `watchdog check` what it would see.")
	for _, problem := range h.Problems {
		p.line("# Not looked at: %s", plain(problem))
	}
	p.line("")
	p.orchestrator(h)
	p.containers(h.Containers)
	p.dependencies(h)
	p.mounts(h.Mounts)
	return p.String()
}

// Orchestrator is the container that is most likely meant; empty: none is.
func (h Host) Orchestrator() string {
	if i := h.chosen(); i >= 0 {
		return h.Metrics[i].Container
	}
	return ""
}

// chosen is the answer to /metrics that is most likely the orchestrator's: an envelope wins, then
// an image that is known as one. Any other may be a database that shows its own metrics.
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
		p.line("#   # Nothing that was asked looks like one: the URL of its /metrics. docs/envelope.md says what it should answer.")
		p.line("#   url: http://orchestrator:8000/metrics")
	} else {
		m := h.Metrics[chosen]
		what := "Prometheus text; docs/envelope.md shows rules over it"
		if m.Envelope {
			what = "an envelope, so that its default rules apply"
		}
		p.line("orchestrator:")
		p.line("  # The container %s answers there with %s.", plain(m.Container), what)
		p.line("  url: %q", m.URL)
	}
	for i, m := range h.Metrics {
		if i != chosen {
			p.line("  # The container %s answers /metrics, too: url: %q", plain(m.Container), m.URL)
		}
	}
	p.line("")
}

func (h Host) isOrchestrator(name string) bool {
	for _, c := range h.Containers {
		if c.Name == name {
			return is(c, orchestrators)
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
		p.line("#   # No container runs that has a restart policy. All are watched for crashes; a name that is listed must run.")
		p.line("#   expect: [orchestrator, db]")
	} else {
		p.line("containers:")
		p.line("  # They run, and their restart policy says that they are meant to: one that does not run is told as")
		p.line("  # container_missing. All others are watched for crashes as well.")
		p.line("  expect:")
		for _, c := range expected {
			p.line("    - %q # %s, restart: %s", c.Name, plain(c.Image), plain(c.Restart))
		}
	}
	if len(others) > 0 {
		p.line("  # Without a restart policy, so maybe meant to end:")
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
		p.line("  # Each was asked once: what was not well then is a comment. A file that is named by …_file holds the")
		p.line("  # credential alone; fill it in, and mount it read-only.")
	case len(h.Dependencies) > 0:
		p.line("# dependencies:")
	}
	for _, d := range h.Dependencies {
		p.line("  # %s: %s.", plain(d.Name), plain(d.Why))
		if d.Problem == "" {
			p.line("  - %s", d.YAML())
		} else {
			p.line("  # - %s", d.YAML())
			p.line("  #   was not well: %s", plain(d.Problem))
		}
		if d.Deeper != "" {
			p.line("  # - {name: %q, %s} # logs in as well", d.Name, d.Deeper)
		}
	}
	if len(h.Unreachable) > 0 {
		p.line("# Not to be asked from here, as no port is published and no network is shared: %s", plain(strings.Join(h.Unreachable, ", ")))
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
	p.line("  # Their inodes and whether they became read-only are watched. To a container each is given by a")
	p.line("  # directory of it, mounted read-only, as label=path: \"/data=/host/data\" with \"/data:/host/data:ro\".")
	p.line("  mounts:")
	for _, m := range mounts {
		p.line("    - %q # %s", m.Path, plain(m.Type))
	}
}

// plain is text from outside as a part of a comment.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
}
