package check

import (
	"maps"
	"slices"
	"strings"

	"orchestrator-watchdog/actors/probe/container"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor"
)

// Keys lists the signals that may exist according to the settings and the pass.
func (r *Result) Keys(c *config.Config, parts []supervisor.ProbePart, channels []string) []messages.Key {
	keys := make(map[messages.Key]bool)
	for _, kind := range messages.Kinds {
		for _, name := range r.instances(kind, c, parts, channels) {
			keys[messages.NewKey(kind.Name, name)] = true
		}
	}
	for _, f := range r.Findings {
		keys[f.Signal] = true
	}
	for _, p := range parts {
		if rules, ok := p.Probe.(hasRules); ok {
			for _, key := range rules.RuleKeys() {
				keys[key] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(keys))
}

// hasRules is a probe with rules.
type hasRules interface{ RuleKeys() []messages.Key }

// instances returns the possible instances of a kind, as far as they are known.
func (r *Result) instances(kind messages.Kind, c *config.Config, parts []supervisor.ProbePart, channels []string) []string {
	var names []string
	switch {
	case kind.Instance == "":
		return []string{""}
	case strings.Contains(kind.Instance, "|"):
		return strings.Split(kind.Instance, "|")
	case kind.Instance == "CHANNEL":
		return channels
	case kind.OfContainer():
		names = slices.Clone(config.Section[*container.Settings](c).Expect)
		for _, f := range r.Findings {
			if f.Signal.OfContainer() {
				names = append(names, f.Signal.Instance())
			}
		}
	default:
		for _, p := range parts {
			switch part := messages.Key(p.Name); kind.Probe {
			case "": // the signal is about the probe itself
				names = append(names, p.Name)
			case part.Kind():
				if part.Instance() != "" {
					names = append(names, part.Instance())
				}
			}
		}
	}
	return names
}
