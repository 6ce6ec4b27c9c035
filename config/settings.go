package config

import (
	"cmp"
	"time"

	"orchestrator-watchdog/config/field"
	"orchestrator-watchdog/messages/secret"
)

// setting is one row of the table: a variable, its place in the file, and how its text
// becomes a value. What is written about settings is made of these rows.
type setting struct {
	name    string // of the variable; empty: the file alone has it
	path    string // in the file; empty: the environment alone has it
	preset  string // its default, as text; empty: none
	shown   string // how documents show the default, where that is not the text
	example string // a value that documents can show, where the default shows none
	doc     string
	list    bool // the file may hold a list; a variable's items stand between commas
	file    bool // NAME_FILE exists, and in the file a key with _file: it can hold a secret
	secret  bool // it is a secret as a whole, and never shown
	set     setter
	fields  func(*Config) []field.Field // the row stands for all of these, and has nothing but this
}

// minTick is the shortest tick, and the shortest interval of a probe.
const minTick = 10 * time.Millisecond

// id is what people call the setting: its variable or, without one, its path.
func (s *setting) id() string { return cmp.Or(s.name, s.path) }

// settings lists every variable in the order of the contract, with what the file alone can say
// beside it.
var settings = []setting{
	{name: "WATCHDOG_ENABLED", path: "enabled", preset: "true", doc: "kill switch; false: an inert idle loop that probes and sends nothing", set: flag(func(c *Config) *bool { return &c.Enabled })},
	{name: "WATCHDOG_CONFIG", example: "/etc/watchdog/watchdog.yaml", doc: "path of the YAML file", set: text(func(c *Config) *string { return &c.File })},
	{name: "WATCHDOG_TICK", path: "tick", preset: "15s", doc: "the tick, and every probe's default interval", set: atLeast(minTick, func(c *Config) *time.Duration { return &c.Tick })},
	{name: "WATCHDOG_HOST_LABEL", path: "host_label", shown: "host name", example: "web-1", doc: "the name of this host in messages, logs and metrics", set: by(func(c *Config) *string { return &c.HostLabel }, hostLabel)},
	{name: "WATCHDOG_LOG_LEVEL", path: "log.level", preset: "info", doc: "debug, info, warn or error", set: oneOf(func(c *Config) *string { return &c.LogLevel }, "debug", "info", "warn", "error")},
	{name: "WATCHDOG_LOG_OBSERVATIONS", path: "log.observations", preset: "changes", doc: "which observations are logged: all, changes or off", set: oneOf(func(c *Config) *string { return &c.Observations }, "all", "changes", "off")},

	{fields: section("orchestrator")},

	{name: "WATCHDOG_RAISE_TICKS", path: "raise_ticks", preset: "2", doc: "observations in a row that raise a signal, where it sets no other", set: ticks(func(c *Config) *int { return &c.RaiseTicks })},
	{name: "WATCHDOG_CLEAR_TICKS", path: "clear_ticks", preset: "2", doc: "observations in a row that clear a signal, where it sets no other", set: ticks(func(c *Config) *int { return &c.ClearTicks })},
	{name: "WATCHDOG_CONFIRM_INTERVAL", path: "confirm_interval", shown: "tick; 700ms for containers", example: "5s", doc: "while a signal of a probe is pending, the probe is repeated at this pace", set: atLeast(minTick, func(c *Config) *time.Duration { return &c.ConfirmInterval })},
	{name: "WATCHDOG_COOLDOWN", path: "cooldown", preset: "1h", doc: "time between reminders while a signal stays active; 0: none", set: atLeast(0, func(c *Config) *time.Duration { return &c.Cooldown })},
	{name: "WATCHDOG_ACK_EXPIRES", path: "ack_expires", preset: "24h", doc: "so long after it was made an acknowledgement is over, and one reminder is due; 0: only with its trouble", set: atLeast(0, func(c *Config) *time.Duration { return &c.AckExpires })},
	{name: "WATCHDOG_STARTUP_GRACE", path: "startup_grace", preset: "0s", doc: "nothing is told this long after the start", set: atLeast(0, func(c *Config) *time.Duration { return &c.StartupGrace })},
	{name: "WATCHDOG_GROUP_WAIT", path: "group_wait", preset: "1s", doc: "transitions within it travel as one message; critical ones do not wait", set: atLeast(0, func(c *Config) *time.Duration { return &c.GroupWait })},

	{fields: section("telegram")},
	{name: "WATCHDOG_RELOAD", path: "reload", preset: "auto", doc: "auto: the YAML file and the files of secrets are read anew when they changed (looked at every 10 s); manual: by `watchdog reload` and SIGHUP alone", set: oneOf(func(c *Config) *string { return &c.Reload }, "auto", "manual")},
	{name: "WATCHDOG_HISTORY", path: "history", preset: "24h", doc: "how long values are remembered, in memory, for charts; 0: none", set: by(func(c *Config) *time.Duration { return &c.History }, historyLength)},
	{name: "WATCHDOG_TIMEZONE", path: "timezone", shown: "TZ, else UTC", example: "Europe/Berlin", doc: "the zone of times in messages and tables; logs and JSON stay in UTC", set: by(func(c *Config) **time.Location { return &c.Zone }, zone)},
	{name: "WATCHDOG_HANDBOOK_URL", path: "handbook_url", example: "https://wiki.example.org/watchdog/operations.md", doc: "base URL of docs/operations.md as published; messages then link the section of their signal", set: address(func(c *Config) *string { return &c.Handbook })},
	{name: "WATCHDOG_LABELS", path: "labels", list: true, example: "team=core,env=prod", doc: "name=value,…: further labels of Alertmanager alerts, and fields of webhooks", set: labels},
	{fields: section("alertmanager")},

	{fields: section("docker")},

	{fields: section("host")},

	{name: "WATCHDOG_LISTEN", path: "listen", preset: "127.0.0.1:9465", doc: "own /healthz, /readyz, /metrics, /status; off: none", set: by(func(c *Config) *string { return &c.Listen }, listen)},
	{name: "WATCHDOG_CONTROL", path: "control", shown: "@watchdog-9465", example: "@watchdog-9465", doc: "name of the local control socket: abstract, no file; the default ends in the port of WATCHDOG_LISTEN; off: none", set: by(func(c *Config) *string { return &c.control }, controlName)},
	{name: "WATCHDOG_HEARTBEAT_URL", path: "heartbeat.url", file: true, secret: true, example: "https://hc-ping.com/your-uuid", doc: "dead-man switch: GET once a minute while healthy, /fail appended when not", set: hiddenAddress(func(c *Config) *secret.Text { return &c.Heartbeat })},
	{name: "WATCHDOG_STATE_FILE", path: "state_file", example: "/var/lib/watchdog/state", doc: "opt-in: snapshot of what was told and is still to tell; empty: nothing is ever written", set: by(func(c *Config) *string { return &c.StateFile }, absolutePath)},
	{fields: section("witness")},
}
