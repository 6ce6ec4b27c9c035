package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"orchestrator-watchdog/config/field"
	"orchestrator-watchdog/messages"
)

// Daemon holds the settings of the daemon itself, and those that many parts of it use.
type Daemon struct {
	Enabled         bool
	File            string // path of the YAML file; empty: none
	Tick            time.Duration
	ConfirmInterval time.Duration // 0: the tick, and 700 ms for containers
	HostLabel       string
	LogLevel        string         // debug, info, warn, error
	Observations    string         // all, changes, off
	Reload          string         // auto, manual
	Zone            *time.Location // of times that people are shown
}

// minTick is the shortest tick, and the shortest interval of a probe.
const minTick = 10 * time.Millisecond

// Fields implements field.Declared.
func (d *Daemon) Fields() []field.Field {
	return []field.Field{
		field.Of("enabled", &d.Enabled, field.Bool).By("WATCHDOG_ENABLED").With(field.About{Preset: "true", Doc: "kill switch; false: an inert idle loop that probes and sends nothing"}),
		field.Of("", &d.File, field.Text).By("WATCHDOG_CONFIG").With(field.About{Example: "/etc/watchdog/watchdog.yaml", Doc: "path of the YAML file"}),
		field.Of("tick", &d.Tick, field.AtLeast(minTick)).By("WATCHDOG_TICK").With(field.About{Preset: "15s", Restart: true, Doc: "the tick, and every probe's default interval"}),
		field.Of("host_label", &d.HostLabel, hostLabel).By("WATCHDOG_HOST_LABEL").With(field.About{Shown: "host name", Example: "web-1", Restart: true, Doc: "the name of this host in messages, logs and metrics"}),
		field.Of("log.level", &d.LogLevel, field.OneOf("debug", "info", "warn", "error")).By("WATCHDOG_LOG_LEVEL").With(field.About{Preset: "info", Doc: "debug, info, warn or error"}),
		field.Of("log.observations", &d.Observations, field.OneOf("all", "changes", "off")).By("WATCHDOG_LOG_OBSERVATIONS").With(field.About{Preset: "changes", Doc: "which observations are logged: all, changes or off"}),
		field.Of("confirm_interval", &d.ConfirmInterval, field.AtLeast(minTick)).By("WATCHDOG_CONFIRM_INTERVAL").With(field.About{Shown: "tick; 700ms for containers", Example: "5s", Before: "cooldown", Doc: "while a signal of a probe is pending, the probe is repeated at this pace"}),
		field.Of("reload", &d.Reload, field.OneOf("auto", "manual")).By("WATCHDOG_RELOAD").With(field.About{Preset: "auto", Before: "history", Doc: "auto: the YAML file and the files of secrets are read anew when they changed (looked at every 10 s); manual: by `watchdog reload` and SIGHUP alone"}),
		field.Of("timezone", &d.Zone, zone).By("WATCHDOG_TIMEZONE").With(field.About{Shown: "TZ, else UTC", Example: "Europe/Berlin", Before: "handbook_url", Restart: true, Doc: "the zone of times in messages and tables; logs and JSON stay in UTC"}),
	}
}

func hostLabel(s string) (string, error) {
	if strings.ContainsFunc(s, field.IsControl) {
		return "", fmt.Errorf("%q holds control characters", s)
	}
	return s, nil
}

// Config is the effective configuration.
type Config struct {
	Daemon

	Rules        []field.Named                 // of the orchestrator
	Thresholds   map[string]messages.Threshold // of the host by name: memory, load, …
	Dependencies []Dependency
	Signals      []SignalPolicy
	Maintenance  []Window
	Channels     []Channel

	kinds    Kinds             // that it was read by
	sections []field.Declared  // Daemon, and those of the kinds in their order
	given    map[string]given  // each setting that was given, by its name
	listed   []Setting         // what the file alone says, in its order
	places   map[string]string // file, line and column of each path of the file
	secrets  []string
	files    []string // that were read, or could not be
}

// IsSet tells whether somebody gave a setting, by its variable or its path.
func (c *Config) IsSet(name string) bool {
	_, set := c.given[name]
	return set
}

// Section returns the settings of a type, such as *core.Settings.
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
