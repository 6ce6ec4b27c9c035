package container

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"orchestrator-watchdog/messages"
)

// Labels by which whoever owns a container says how it is watched.
const (
	labelEnable   = "watchdog.enable"
	labelSeverity = "watchdog.severity"
	labelExpect   = "watchdog.expect"
)

// Labels by which Compose and Swarm say what a container is one of.
const (
	composeProject = "com.docker.compose.project"
	composeService = "com.docker.compose.service"
	composeNumber  = "com.docker.compose.container-number"
	composeOneOff  = "com.docker.compose.oneoff"
	swarmService   = "com.docker.swarm.service.name"
	swarmTask      = "com.docker.swarm.task.name" // web.1.x8f…, on a node of a global service web.ID.x8f…
)

// ownName is the container's name without its slash; links have further ones with two.
func ownName(names []string, id string) string {
	for _, n := range names {
		if n = strings.TrimPrefix(n, "/"); !strings.Contains(n, "/") {
			return n
		}
	}
	return id[:min(12, len(id))]
}

// subject is what signals are about: a name, the container that stands for it now, and
// the IDs of those that stood for it before and are still there.
type subject struct {
	name string
	listed
	former []string
}

// replica is what outlives a container that is made anew: the place that it takes in
// its service. Without a service it is the container's own name.
type replica struct{ project, service, number string }

func replicaOf(c listed) replica {
	switch {
	case c.labels[composeService] != "" && c.labels[composeOneOff] != "True":
		return replica{c.labels[composeProject], c.labels[composeService], "-" + c.labels[composeNumber]}
	case c.labels[swarmService] != "":
		slot := strings.TrimPrefix(c.labels[swarmTask], c.labels[swarmService])
		if end := strings.LastIndexByte(slot, '.'); end > 0 {
			slot = slot[:end]
		}
		return replica{"swarm", c.labels[swarmService], slot}
	}
	return replica{service: c.name}
}

// subjects are the replicas by name, each with the container that stands for it. One is
// called by its service where that is unmistakable: web, or web-2 (of Compose) and
// web.2 (of Swarm) where there are several. Else by its container's own name.
func subjects(all []listed) []subject {
	current, former := make(map[replica]listed, len(all)), make(map[replica][]string)
	for _, c := range all {
		r := replicaOf(c)
		other, there := current[r]
		switch {
		case !there:
			current[r] = c
		case standsFor(c, other):
			current[r], former[r] = c, append(former[r], other.id)
		default:
			former[r] = append(former[r], c.id)
		}
	}
	replicas, claims := make(map[replica]int), make(map[string]int)
	for r := range current {
		replicas[replica{r.project, r.service, ""}]++
	}
	shown := func(r replica) string {
		if replicas[replica{r.project, r.service, ""}] == 1 {
			return r.service
		}
		return r.service + r.number
	}
	for r := range current {
		claims[shown(r)]++
	}
	found := make([]subject, 0, len(current))
	for r, c := range current {
		name := shown(r)
		if claims[name] > 1 {
			name = c.name
		}
		found = append(found, subject{name, c, former[r]})
	}
	slices.SortFunc(found, func(a, b subject) int { return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.id, b.id)) })
	return found
}

// standsFor tells whether the container speaks for its replica, and not the other one:
// the one that runs or, of two, the newer. While Compose makes a service anew there
// are both, and Swarm keeps the ends of former tasks.
func standsFor(c, other listed) bool {
	if a, b := isRunning(c.state), isRunning(other.state); a != b {
		return a
	}
	return cmp.Or(cmp.Compare(c.created, other.created), cmp.Compare(c.id, other.id)) > 0
}

// selection says which containers are watched.
type selection struct {
	include, exclude, expect []string
	self                     string // the start of our own container's ID
}

func (s selection) watches(c subject) bool {
	switch {
	case c.labels[labelEnable] == "false", c.state == "removing":
		return false
	case s.expects(c):
		return true
	case s.self != "" && strings.HasPrefix(c.id, s.self):
		return false
	}
	return (len(s.include) == 0 || matches(s.include, c)) && !matches(s.exclude, c)
}

// expects tells whether the container must run.
func (s selection) expects(c subject) bool {
	return c.labels[labelExpect] == "true" || slices.Contains(s.expect, c.listed.name) || slices.Contains(s.expect, c.name)
}

func matches(patterns []string, c subject) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		own, _ := path.Match(p, c.listed.name) // the form was checked with the settings
		other, _ := path.Match(p, c.name)
		return own || other
	})
}

// severe replaces the level of what is not ok by that of the container's label.
func severe(o messages.Observation, labels map[string]string) messages.Observation {
	if o.Level > messages.OK {
		if level, err := messages.ParseLevel(labels[labelSeverity]); err == nil && level > messages.OK {
			o.Level = level
		}
	}
	return o
}
