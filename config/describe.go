package config

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"orchestrator-watchdog/messages/secret"
)

// Setting is one effective setting, with secrets masked.
type Setting struct {
	Name   string `json:"name"`   // the variable or, without one, the path in the file
	Value  string `json:"value"`  // secrets are masked
	Origin string `json:"origin"` // default, file and line, or environment NAME
}

// given is the value that a setting was given.
type given struct {
	value, origin string   // with secrets masked
	items         []string // unmasked
}

// Effective lists all settings with their origins, secrets masked: those of the table in its order,
// then the host's thresholds, then the settings that only the file has, in its order.
func (c *Config) Effective() []Setting {
	var all []Setting
	add := func(name, preset string) {
		g, ok := c.given[name]
		if !ok {
			g = given{value: preset, origin: "default"}
		}
		all = append(all, Setting{Name: name, Value: g.value, Origin: g.origin})
	}
	for _, s := range c.rows() {
		switch s.Variable {
		case prefix + "HOST_LABEL":
			add(s.Variable, c.HostLabel)
		default:
			add(s.id(), s.presetShown())
		}
	}
	for _, t := range c.kinds.Thresholds {
		add("host."+t.Name, thresholdShown(t.Threshold, t.Unit))
	}
	return append(all, c.listed...)
}

// Problem wraps an error about the value at a path of the file, such as
// orchestrator.rules[0].raise, that is found after Load. It adds the place in the file
// or, if the environment set the value, the variable.
func (c *Config) Problem(path string, err error) error {
	for _, s := range c.rows() {
		if g := c.given[s.id()]; s.Name == path && strings.HasPrefix(g.origin, fromEnv) {
			return c.scrubbed([]error{fmt.Errorf("%s: %w", s.Variable, err)})[0]
		}
	}
	where := path
	for at := path; at != ""; at = at[:max(0, strings.LastIndexAny(at, ".["))] {
		if place, ok := c.places[at]; ok {
			where = place + ": " + path
			break
		}
	}
	return c.scrubbed([]error{fmt.Errorf("%s: %w", where, err)})[0]
}

// Format implements fmt.Formatter: every verb shows the effective settings, with secrets masked.
func (c *Config) Format(f fmt.State, _ rune) {
	for _, s := range c.Effective() {
		_, _ = io.WriteString(f, s.Name+"="+s.Value+"\n")
	}
}

// About returns what a variable means, and its default, as documents show them. Both are
// empty if there is no such variable.
func (k Kinds) About(name string) (means, preset string) {
	for _, s := range k.rows() {
		if s.Variable == name && name != "" {
			return s.Doc, s.presetShown()
		}
	}
	return "", ""
}

// presetShown returns the default as documents show it.
func (s *setting) presetShown() string {
	if s.Shown != "" {
		return s.Shown
	}
	return s.Preset
}

// masked returns a setting's items as text, with secrets masked. An item with a comma is quoted.
func (s *setting) masked(items []string) string {
	if s.Secrets != nil {
		return secret.Mask
	}
	parts := make([]string, len(items))
	for i, one := range items {
		if parts[i] = secret.MaskURL(one); s.isList() && strings.Contains(one, ",") {
			parts[i] = strconv.Quote(parts[i])
		}
	}
	return strings.Join(parts, ",")
}
