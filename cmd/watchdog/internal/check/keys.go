package check

import (
	"maps"
	"slices"
	"strings"

	"orchestrator-watchdog/config"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor"
)

// Keys lists the signals that there may be by the settings and what the pass saw.
func (r *Result) Keys(c *config.Config, parts []supervisor.ProbePart, channels []string) []messages.Key {
	instances := r.instances(c, parts, channels)
	keys := make(map[messages.Key]bool)
	for _, kind := range messages.Kinds {
		if kind.Instance == "" {
			keys[messages.Key(kind.Name)] = true
		}
		of := instances[familyOf(kind)]
		if strings.Contains(kind.Instance, "|") {
			of = strings.Split(kind.Instance, "|")
		}
		for _, name := range of {
			keys[messages.NewKey(kind.Name, name)] = true
		}
	}
	for _, f := range r.Findings {
		keys[f.Signal] = true
	}
	for _, p := range parts {
		if rules, ok := p.Probe.(ruled); ok {
			for _, key := range rules.RuleKeys() {
				keys[key] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(keys))
}

// ruled is a probe with rules.
type ruled interface{ RuleKeys() []messages.Key }

// familyOf names what kinds have in common that have the same instances.
func familyOf(kind messages.Kind) string {
	family, _, _ := strings.Cut(kind.Name, "_")
	switch {
	case family == "watchdog":
		return kind.Name
	case kind.Instance == "MOUNT":
		return "mount"
	case family == "host", kind.Name == "orch_rule", kind.Instance == "":
		return ""
	}
	return family
}

// instances gives by family what its kinds may be of.
func (r *Result) instances(c *config.Config, parts []supervisor.ProbePart, channels []string) map[string][]string {
	all := map[string][]string{"watchdog_delivery": channels, "container": slices.Clone(c.Docker.Expect)}
	for _, m := range c.Host.Mounts {
		all["mount"] = append(all["mount"], m.Label)
	}
	for _, d := range c.Dependencies {
		all["dep"] = append(all["dep"], d.Name)
	}
	for _, p := range parts {
		all["watchdog_probe"] = append(all["watchdog_probe"], p.Name)
	}
	for _, f := range r.Findings {
		if strings.HasPrefix(f.Signal.Kind(), "container_") {
			all["container"] = append(all["container"], f.Signal.Instance())
		}
	}
	return all
}
