package config

import (
	"net"
	"slices"
	"strings"
	"time"

	"orchestrator-watchdog/config/field"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/secret"
)

// Config is the effective configuration.
type Config struct {
	Enabled         bool
	File            string // path of the YAML file; empty: none
	Tick            time.Duration
	ConfirmInterval time.Duration // 0: the tick, and 700 ms for containers
	HostLabel       string
	LogLevel        string // debug, info, warn, error
	Observations    string // all, changes, off

	Rules        []field.Named                 // of the orchestrator
	Thresholds   map[string]messages.Threshold // of the host by name: memory, load, …
	Dependencies []Dependency
	Signals      []SignalPolicy
	Maintenance  []Window
	Channels     []Channel

	History  time.Duration     // how long values are remembered; 0: not at all
	Zone     *time.Location    // of times that people are shown
	Handbook string            // base URL of docs/operations.md as published; empty: none
	Labels   map[string]string // further ones, of Alertmanager alerts; fields of webhooks

	Listen    string // empty: none
	Heartbeat secret.Text
	StateFile string
	Reload    string // auto, manual

	kinds    Kinds             // that it was read by
	sections []field.Declared  // of the kinds, in their order
	control  string            // as it is set; empty: it is not
	given    map[string]given  // each setting that was given, by its name
	listed   []Setting         // what the file alone says, in its order
	places   map[string]string // file, line and column of each path of the file
	secrets  []string
	files    []string // that were read, or could not be
}

// Control is the name of the control socket; empty: there is none. The default ends in the
// port of the own endpoints, so that two watchdogs of one network namespace have two.
func (c *Config) Control() string {
	switch {
	case strings.EqualFold(c.control, "off"):
		return ""
	case c.control != "":
		return c.control
	case c.Listen == "":
		return "@watchdog"
	}
	_, port, _ := net.SplitHostPort(c.Listen) // the settings hold it to be one
	return "@watchdog-" + port
}

// IsSet tells whether somebody gave a setting, by its variable or its path.
func (c *Config) IsSet(name string) bool {
	_, set := c.given[name]
	return set
}

// Section gives the settings of a type that the kinds have a section of.
func Section[T field.Declared](c *Config) (settings T) {
	for _, s := range c.sections {
		if s, is := s.(T); is {
			settings = s
		}
	}
	return settings
}

// Secrets lists the secret values that can be searched for in what is written: tokens,
// passwords alone and as URLs write them, whole URLs and DSNs that are secret. One that is
// short, an ordinary word or a name of these settings is left out, and a warning says so.
func (c *Config) Secrets() []string {
	return slices.DeleteFunc(slices.Clone(c.secrets), c.ordinary)
}

// Files lists the files that the settings were read from: the YAML file and those of secrets,
// also those that could not be read.
func (c *Config) Files() []string { return slices.Clone(c.files) }
