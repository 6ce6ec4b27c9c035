package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// Content is the content of a configuration, by the names that `watchdog config` shows, without
// origins. It contains secrets, and is only for comparing.
type Content struct{ values map[string]any }

// Content returns the content of the configuration.
func (c *Config) Content() Content {
	values := make(map[string]any)
	for _, s := range c.rows() {
		values[s.id()] = c.items(&s)
	}
	values[prefix+"HOST_LABEL"] = c.HostLabel
	for name, t := range c.Thresholds {
		values["host."+name] = t
	}
	for _, r := range c.Rules {
		values["orchestrator.rules."+r.ItemName()] = r
	}
	for i := range c.Dependencies { // as pointers: there may be thousands
		values["dependencies."+c.Dependencies[i].Name] = &c.Dependencies[i]
	}
	for _, p := range c.Signals {
		values["signals."+p.Glob] = p.String()
	}
	for i, w := range c.Maintenance {
		values[fmt.Sprintf("maintenance[%d]", i)] = w.String()
	}
	for _, ch := range c.Channels {
		ch.Path = ""
		if ch.Route.Quiet != nil {
			quiet := *ch.Route.Quiet
			quiet.From, ch.Route.Quiet = "", &quiet
		}
		values["channels."+ch.Name] = ch
	}
	return Content{values}
}

// items returns the items of a setting: those that it was given, or its default.
func (c *Config) items(s *setting) []string {
	if g, given := c.given[s.id()]; given {
		return g.items
	}
	return s.items(s.Preset)
}

// Changed returns the sorted names of the settings that differ in the other content.
func (c Content) Changed(other Content) []string {
	var names []string
	for name, value := range c.values {
		if !reflect.DeepEqual(value, other.values[name]) {
			names = append(names, name)
		}
	}
	for name := range other.values {
		if _, known := c.values[name]; !known {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Keeping returns the other content with this one's values of some settings.
func (c Content) Keeping(other Content, names ...string) Content {
	values := maps.Clone(other.values)
	for _, name := range names {
		values[name] = c.values[name]
	}
	return Content{values}
}

// Format implements fmt.Formatter: no verb shows secrets.
func (c Content) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "%d settings", len(c.values)) }
