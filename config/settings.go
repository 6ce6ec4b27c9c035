package config

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"orchestrator-watchdog/config/field"
)

// setting is a field of the root of the file. Its name is its path there; empty: only the variable
// sets it. A value that has secrets is secret as a whole.
type setting struct{ field.Field }

// minTick is the shortest tick, and the shortest interval of a probe.
const minTick = 10 * time.Millisecond

// id returns the name of the setting for people: its variable or, without one, its path.
func (s *setting) id() string { return cmp.Or(s.Variable, s.Name) }

func (s *setting) isList() bool { return s.Form == field.List }

// items splits the text of a list at its commas. Any other text is one item.
func (s *setting) items(text string) []string {
	if !s.isList() {
		return []string{strings.TrimSpace(text)}
	}
	return trimmed(strings.Split(text, ","))
}

// trimmed returns the items of a list without the white space around them, and without empty ones.
func trimmed(items []string) []string {
	var all []string
	for _, one := range items {
		if one = strings.TrimSpace(one); one != "" {
			all = append(all, one)
		}
	}
	return all
}

// set stores the items.
func (s *setting) set(items []string) error {
	for _, item := range items {
		if err := s.Set("", item); err != nil {
			return err
		}
	}
	return nil
}

// rows returns all settings in the order of documents. Each may be set once: the items of a list
// that is set again would be added.
func (c *Config) rows() []setting {
	var all []setting
	for _, f := range slices.Concat([]field.Field{
		field.Of("enabled", &c.Enabled, field.Bool).By("WATCHDOG_ENABLED").With(field.About{Preset: "true", Doc: "kill switch; false: an inert idle loop that probes and sends nothing"}),
		field.Of("", &c.File, field.Text).By("WATCHDOG_CONFIG").With(field.About{Example: "/etc/watchdog/watchdog.yaml", Doc: "path of the YAML file"}),
		field.Of("tick", &c.Tick, field.AtLeast(minTick)).By("WATCHDOG_TICK").With(field.About{Preset: "15s", Doc: "the tick, and every probe's default interval"}),
		field.Of("confirm_interval", &c.ConfirmInterval, field.AtLeast(minTick)).By("WATCHDOG_CONFIRM_INTERVAL").With(field.About{Shown: "tick; 700ms for containers", Example: "5s", Before: "cooldown", Doc: "while a signal of a probe is pending, the probe is repeated at this pace"}),
		field.Of("host_label", &c.HostLabel, hostLabel).By("WATCHDOG_HOST_LABEL").With(field.About{Shown: "host name", Example: "web-1", Doc: "the name of this host in messages, logs and metrics"}),
		field.Of("log.level", &c.LogLevel, field.OneOf("debug", "info", "warn", "error")).By("WATCHDOG_LOG_LEVEL").With(field.About{Preset: "info", Doc: "debug, info, warn or error"}),
		field.Of("log.observations", &c.Observations, field.OneOf("all", "changes", "off")).By("WATCHDOG_LOG_OBSERVATIONS").With(field.About{Preset: "changes", Doc: "which observations are logged: all, changes or off"}),
	}, c.section("orchestrator"), c.section("core"), c.section("telegram"), []field.Field{
		field.Of("reload", &c.Reload, field.OneOf("auto", "manual")).By("WATCHDOG_RELOAD").With(field.About{Preset: "auto", Doc: "auto: the YAML file and the files of secrets are read anew when they changed (looked at every 10 s); manual: by `watchdog reload` and SIGHUP alone"}),
		field.Of("history", &c.History, historyLength).By("WATCHDOG_HISTORY").With(field.About{Preset: "24h", Doc: "how long values are remembered, in memory, for charts; 0: none"}),
		field.Of("timezone", &c.Zone, zone).By("WATCHDOG_TIMEZONE").With(field.About{Shown: "TZ, else UTC", Example: "Europe/Berlin", Doc: "the zone of times in messages and tables; logs and JSON stay in UTC"}),
		field.Of("handbook_url", &c.Handbook, field.URL).By("WATCHDOG_HANDBOOK_URL").With(field.About{Example: "https://wiki.example.org/watchdog/operations.md", Doc: "base URL of docs/operations.md as published; messages then link the section of their signal"}),
		labels(&c.Labels).By("WATCHDOG_LABELS").With(field.About{Example: "team=core,env=prod", Doc: "name=value,…: further labels of Alertmanager alerts, and fields of webhooks"}),
	}, c.section("alertmanager"), c.section("docker"), c.section("host"), []field.Field{
		field.Of("listen", &c.Listen, listen).By("WATCHDOG_LISTEN").With(field.About{Preset: "127.0.0.1:9465", Doc: "own /healthz, /readyz, /metrics, /status; off: none"}),
		field.Of("control", &c.control, controlName).By("WATCHDOG_CONTROL").With(field.About{Shown: "@watchdog-9465", Example: "@watchdog-9465", Doc: "name of the local control socket: abstract, no file; the default ends in the port of WATCHDOG_LISTEN; off: none"}),
		field.Of("heartbeat.url", &c.Heartbeat, field.SecretURL).Hidden().OrFile().By("WATCHDOG_HEARTBEAT_URL").With(field.About{Example: "https://hc-ping.com/your-uuid", Doc: "dead-man switch: GET once a minute while healthy, /fail appended when not"}),
		field.Of("state_file", &c.StateFile, absolutePath).By("WATCHDOG_STATE_FILE").With(field.About{Example: "/var/lib/watchdog/state", Doc: "opt-in: snapshot of what was told and is still to tell; empty: nothing is ever written"}),
	}, c.section("witness")) {
		all = append(all, setting{f})
	}
	for _, s := range slices.Clone(all) {
		if s.Before != "" {
			at := func(name string) int { return slices.IndexFunc(all, func(s setting) bool { return s.Name == name }) }
			all = slices.Delete(all, at(s.Name), at(s.Name)+1)
			all = slices.Insert(all, at(s.Before), s)
		}
	}
	return all
}
