package config

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"orchestrator-watchdog/config/field"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/secret"
)

// Daemon holds the settings of the daemon itself, and those that many parts of it use.
type Daemon struct {
	Enabled         bool
	File            string // path of the YAML file; empty: none
	Tick            time.Duration
	ConfirmInterval time.Duration // 0: the tick, and 700 ms for containers
	HostLabel       string
	LogLevel        string            // debug, info, warn, error
	Observations    string            // all, changes, off
	Reload          string            // auto, manual
	History         time.Duration     // how long values are remembered; 0: not at all
	Zone            *time.Location    // of times that people are shown
	Handbook        string            // base URL of docs/operations.md as published; empty: none
	Labels          map[string]string // further ones, of Alertmanager alerts; fields of webhooks
	Listen          string            // empty: none
	Heartbeat       secret.Text
	StateFile       string
	control         string // as it is set; empty: it is not
}

// minTick is the shortest tick, and the shortest interval of a probe.
const minTick = 10 * time.Millisecond

// Fields implements field.Declared.
func (d *Daemon) Fields() []field.Field {
	return []field.Field{
		field.Of("enabled", &d.Enabled, field.Bool).By("WATCHDOG_ENABLED").With(field.About{Preset: "true", Doc: "kill switch; false: an inert idle loop that probes and sends nothing"}),
		field.Of("", &d.File, field.Text).By("WATCHDOG_CONFIG").With(field.About{Example: "/etc/watchdog/watchdog.yaml", Doc: "path of the YAML file"}),
		field.Of("tick", &d.Tick, field.AtLeast(minTick)).By("WATCHDOG_TICK").With(field.About{Preset: "15s", Doc: "the tick, and every probe's default interval"}),
		field.Of("host_label", &d.HostLabel, hostLabel).By("WATCHDOG_HOST_LABEL").With(field.About{Shown: "host name", Example: "web-1", Doc: "the name of this host in messages, logs and metrics"}),
		field.Of("log.level", &d.LogLevel, field.OneOf("debug", "info", "warn", "error")).By("WATCHDOG_LOG_LEVEL").With(field.About{Preset: "info", Doc: "debug, info, warn or error"}),
		field.Of("log.observations", &d.Observations, field.OneOf("all", "changes", "off")).By("WATCHDOG_LOG_OBSERVATIONS").With(field.About{Preset: "changes", Doc: "which observations are logged: all, changes or off"}),
		field.Of("confirm_interval", &d.ConfirmInterval, field.AtLeast(minTick)).By("WATCHDOG_CONFIRM_INTERVAL").With(field.About{Shown: "tick; 700ms for containers", Example: "5s", Before: "cooldown", Doc: "while a signal of a probe is pending, the probe is repeated at this pace"}),
		field.Of("reload", &d.Reload, field.OneOf("auto", "manual")).By("WATCHDOG_RELOAD").With(field.About{Preset: "auto", Before: "alertmanager.url", Doc: "auto: the YAML file and the files of secrets are read anew when they changed (looked at every 10 s); manual: by `watchdog reload` and SIGHUP alone"}),
		field.Of("history", &d.History, historyLength).By("WATCHDOG_HISTORY").With(field.About{Preset: "24h", Before: "alertmanager.url", Doc: "how long values are remembered, in memory, for charts; 0: none"}),
		field.Of("timezone", &d.Zone, zone).By("WATCHDOG_TIMEZONE").With(field.About{Shown: "TZ, else UTC", Example: "Europe/Berlin", Before: "alertmanager.url", Doc: "the zone of times in messages and tables; logs and JSON stay in UTC"}),
		field.Of("handbook_url", &d.Handbook, field.URL).By("WATCHDOG_HANDBOOK_URL").With(field.About{Example: "https://wiki.example.org/watchdog/operations.md", Before: "alertmanager.url", Doc: "base URL of docs/operations.md as published; messages then link the section of their signal"}),
		labels(&d.Labels).By("WATCHDOG_LABELS").With(field.About{Example: "team=core,env=prod", Before: "alertmanager.url", Doc: "name=value,…: further labels of Alertmanager alerts, and fields of webhooks"}),
		field.Of("listen", &d.Listen, listen).By("WATCHDOG_LISTEN").With(field.About{Preset: "127.0.0.1:9465", Before: "witness.urls", Doc: "own /healthz, /readyz, /metrics, /status; off: none"}),
		field.Of("control", &d.control, controlName).By("WATCHDOG_CONTROL").With(field.About{Shown: "@watchdog-9465", Example: "@watchdog-9465", Before: "witness.urls", Doc: "name of the local control socket: abstract, no file; the default ends in the port of WATCHDOG_LISTEN; off: none"}),
		field.Of("heartbeat.url", &d.Heartbeat, field.SecretURL).Hidden().OrFile().By("WATCHDOG_HEARTBEAT_URL").With(field.About{Example: "https://hc-ping.com/your-uuid", Before: "witness.urls", Doc: "dead-man switch: GET once a minute while healthy, /fail appended when not"}),
		field.Of("state_file", &d.StateFile, absolutePath).By("WATCHDOG_STATE_FILE").With(field.About{Example: "/var/lib/watchdog/state", Before: "witness.urls", Doc: "opt-in: snapshot of what was told and is still to tell; empty: nothing is ever written"}),
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
