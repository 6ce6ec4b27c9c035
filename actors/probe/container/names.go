package container

import (
	"cmp"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"orchestrator-watchdog/messages"
)

// Labels by which the owner of a container sets how it is watched.
const (
	labelEnable   = "watchdog.enable"
	labelSeverity = "watchdog.severity"
	labelExpect   = "watchdog.expect"
)

// Labels of Compose and Swarm.
const (
	composeProject = "com.docker.compose.project"
	composeService = "com.docker.compose.service"
	composeNumber  = "com.docker.compose.container-number"
	composeOneOff  = "com.docker.compose.oneoff"
	swarmService   = "com.docker.swarm.service.name"
	swarmTask      = "com.docker.swarm.task.name" // web.1.x8f…; for a global service web.NODE.x8f…
)

// ownName returns the container's name without its slash. Links add names with two slashes.
func ownName(names []string, id string) string {
	for _, n := range names {
		if n = strings.TrimPrefix(n, "/"); !strings.Contains(n, "/") {
			return n
		}
	}
	return id[:min(12, len(id))]
}

// subject is what signals are about: a name, the container that has it now, and the IDs of its
// predecessors that still exist.
type subject struct {
	name string
	listed
	former []string
}

// temporaryName matches the name that Compose gives a container while it recreates it: the start
// of an ID, and the name.
var temporaryName = regexp.MustCompile(`^[0-9a-f]{12}_(.+)$`)

// nameOf returns the name of a container in signals: as `docker ps` shows it, which does not depend
// on other containers and which Compose keeps when it recreates a container. A Swarm task has a
// new name after each restart, so it is named service.slot, or service.node in a global service.
func nameOf(c listed) string {
	if service := c.labels[swarmService]; service != "" {
		task := c.labels[swarmTask]
		if end := strings.LastIndexByte(task, '.'); end > len(service) && strings.HasPrefix(task, service+".") {
			return task[:end]
		}
		return c.name
	}
	if m := temporaryName.FindStringSubmatch(c.name); m != nil && c.labels[composeService] != "" {
		return m[1]
	}
	return c.name
}

// subjects groups containers by name, sorted. isCurrentOf picks the current container of a name.
func subjects(all []listed) []subject {
	byName := make(map[string]subject, len(all))
	for _, c := range all {
		name := nameOf(c)
		s, there := byName[name]
		switch {
		case !there:
			s = subject{name: name, listed: c}
		case isCurrentOf(c, s.listed):
			s = subject{name, c, append(s.former, s.id)}
		default:
			s.former = append(s.former, c.id)
		}
		byName[name] = s
	}
	return slices.SortedFunc(maps.Values(byName), func(a, b subject) int { return cmp.Compare(a.name, b.name) })
}

// isCurrentOf reports whether c, and not other, is the current container of a name: the one that
// runs or, failing that, the newer one. There are two while Compose recreates a service, and Swarm
// keeps ended tasks.
func isCurrentOf(c, other listed) bool {
	if a, b := isRunning(c.state), isRunning(other.state); a != b {
		return a
	}
	return cmp.Or(cmp.Compare(c.created, other.created), cmp.Compare(c.id, other.id)) > 0
}

// selection selects the containers to watch.
type selection struct {
	include, exclude, expect []string
	self                     string // start of the ID of our own container
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

// expects reports whether the container must run.
func (s selection) expects(c subject) bool {
	return c.labels[labelExpect] == "true" || slices.ContainsFunc(s.expect, c.isCalled)
}

// isCalled reports whether an entry of the settings names the container: by its name or by its
// Compose service, as web or project/web.
func (c subject) isCalled(entry string) bool {
	return slices.Contains(c.names(), entry)
}

// names returns the names that the settings may use for the container.
func (c subject) names() []string {
	names := []string{c.name, c.listed.name}
	if service := c.labels[composeService]; service != "" && c.labels[composeOneOff] != "True" {
		names = append(names, service, c.labels[composeProject]+"/"+service)
	}
	if service := c.labels[swarmService]; service != "" {
		names = append(names, service)
	}
	return names
}

func matches(patterns []string, c subject) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		return slices.ContainsFunc(c.names(), func(name string) bool {
			fits, _ := path.Match(pattern, name) // the settings are valid
			return fits
		})
	})
}

// formerNames maps the names of an earlier version, which a snapshot may contain, to the present
// ones. That version named a container by its service if the service had no other container.
func formerNames(found []subject) []messages.Rename {
	fits, names := make(map[string][]string), make(map[string]bool)
	for _, s := range found {
		names[s.name] = true
		if service := s.labels[composeService]; service != "" && s.labels[composeOneOff] != "True" {
			fits[service] = append(fits[service], s.name)
			numbered := service + "-" + s.labels[composeNumber]
			fits[numbered] = append(fits[numbered], s.name)
		}
		if service := s.labels[swarmService]; service != "" {
			fits[service] = append(fits[service], s.name)
		}
	}
	var renamed []messages.Rename
	for _, former := range slices.Sorted(maps.Keys(fits)) {
		if len(fits[former]) != 1 || names[former] {
			continue
		}
		for _, kind := range []string{"container_down", "container_missing", "container_unhealthy", "container_restarting", "container_oom", "container_memory"} {
			renamed = append(renamed, messages.Rename{From: messages.NewKey(kind, former), To: messages.NewKey(kind, fits[former][0])})
		}
	}
	return renamed
}

// severe replaces a level above ok by that of the container's label.
func severe(o messages.Observation, labels map[string]string) messages.Observation {
	if o.Level > messages.OK {
		if level, err := messages.ParseLevel(labels[labelSeverity]); err == nil && level > messages.OK {
			o.Level = level
		}
	}
	return o
}
