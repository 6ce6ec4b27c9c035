package config

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"orchestrator-watchdog/messages/secret"
)

// Setting is one effective setting, as people may see it.
type Setting struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Origin string `json:"origin"` // default, file and line, or environment NAME
}

// given is what a setting was given, as people may see it.
type given struct{ value, origin string }

// Effective lists all settings with where each came from, secrets masked: the
// variables in the order of the table, then what the file alone can say.
func (c *Config) Effective() []Setting {
	var all []Setting
	add := func(name, preset string) {
		g, ok := c.given[name]
		if !ok {
			g = given{preset, "default"}
		}
		all = append(all, Setting{Name: name, Value: g.value, Origin: g.origin})
	}
	for i := range settings {
		switch s := &settings[i]; s.name {
		case "WATCHDOG_HOST_LABEL":
			add(s.name, c.HostLabel)
		default:
			add(s.name, s.presetShown())
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.given)) {
		if !strings.HasPrefix(name, prefix) {
			add(name, "")
		}
	}
	return all
}

// presetShown is how documents show the default.
func (s *setting) presetShown() string {
	if s.shown != "" {
		return s.shown
	}
	return s.preset
}

// masked is a setting's text without what is secret in it.
func (s *setting) masked(value string) string {
	if s.secret && s.name != chatVariable && s.name != alertmanagerVariable {
		return secret.Mask
	}
	parts := strings.Split(value, ",")
	for i, one := range parts {
		parts[i] = withoutPassword(one)
	}
	return strings.Join(parts, ",")
}

// withoutPassword masks the password of a URL.
func withoutPassword(s string) string {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || u.User == nil {
		return s
	}
	if _, has := u.User.Password(); !has {
		return s
	}
	user := u.User.Username()
	u.User = nil
	return strings.Replace(u.String(), "://", "://"+url.User(user).String()+":"+secret.Mask+"@", 1)
}

// String shows the parts that are set.
func (t Threshold) String() string {
	var parts []string
	for _, p := range []struct {
		name  string
		value *float64
	}{{"raise", t.Raise}, {"clear", t.Clear}, {"raise_critical", t.RaiseCritical}} {
		if p.value != nil {
			parts = append(parts, fmt.Sprintf("%s=%g", p.name, *p.value))
		}
	}
	return strings.Join(parts, " ")
}

// String shows the parts that are set.
func (p SignalPolicy) String() string {
	var parts []string
	add := func(name string, set bool, value func() any) {
		if set {
			parts = append(parts, fmt.Sprintf("%s=%v", name, value()))
		}
	}
	add("enabled", p.Enabled != nil, func() any { return *p.Enabled })
	add("mute", p.Mute != nil, func() any { return *p.Mute })
	add("raise_ticks", p.RaiseTicks != nil, func() any { return *p.RaiseTicks })
	add("clear_ticks", p.ClearTicks != nil, func() any { return *p.ClearTicks })
	add("cooldown", p.Cooldown != nil, func() any { return *p.Cooldown })
	add("severity", p.Severity != "", func() any { return p.Severity })
	add("inhibited_by", p.InhibitedBy != nil, func() any { return *p.InhibitedBy })
	return strings.Join(parts, " ")
}
