package container

import (
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

// ownName is the container's name without its slash; links have further ones with two.
func ownName(names []string, id string) string {
	for _, n := range names {
		if n = strings.TrimPrefix(n, "/"); !strings.Contains(n, "/") {
			return n
		}
	}
	return id[:min(12, len(id))]
}

// service is the Compose or Swarm service that the container belongs to.
func service(labels map[string]string) string {
	if labels["com.docker.compose.oneoff"] == "True" {
		return ""
	}
	if s := labels["com.docker.compose.service"]; s != "" {
		return s
	}
	return labels["com.docker.swarm.service.name"]
}

// shownNames says by which name each container is told of: its service's, where that
// is one container, else its own.
func shownNames(all []listed) map[string]string {
	count := make(map[string]int)
	for _, c := range all {
		count[service(c.labels)]++
		count[c.name]++
	}
	shown := make(map[string]string, len(all))
	for _, c := range all {
		shown[c.id] = c.name
		if s := service(c.labels); s != "" && (count[s] == 1 || count[s] == 2 && c.name == s) {
			shown[c.id] = s
		}
	}
	return shown
}

// selection says which containers are watched.
type selection struct {
	include, exclude, expect []string
	self                     string // the start of our own container's ID
}

func (s selection) watches(c listed, shown string) bool {
	expected := s.expects(c, shown)
	switch {
	case c.labels[labelEnable] == "false", c.state == "removing":
		return false
	case expected:
		return true
	case s.self != "" && strings.HasPrefix(c.id, s.self):
		return false
	}
	return (len(s.include) == 0 || matches(s.include, c, shown)) && !matches(s.exclude, c, shown)
}

// expects tells whether the container must run.
func (s selection) expects(c listed, shown string) bool {
	return c.labels[labelExpect] == "true" || slices.Contains(s.expect, c.name) || slices.Contains(s.expect, shown)
}

func matches(patterns []string, c listed, shown string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		own, _ := path.Match(p, c.name) // the form was checked with the settings
		other, _ := path.Match(p, shown)
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
