package config

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"orchestrator-watchdog/messages/secret"
)

// setting is one row of the table: a variable, its place in the file, and how its text
// becomes a value. What is written about settings is made of these rows.
type setting struct {
	name   string // of the variable
	path   string // in the file
	preset string // its default, as text; empty: none
	shown  string // how documents show the default, where that is not the text
	doc    string
	secret bool // can hold a secret: NAME_FILE exists, and its value is masked
	set    func(*Config, string) error
}

// settings lists every variable, in the order of the contract.
var settings = []setting{
	{name: "WATCHDOG_ENABLED", path: "enabled", preset: "true", doc: "kill switch; false: an inert idle loop that probes and sends nothing", set: flag(func(c *Config) *bool { return &c.Enabled })},
	{name: "WATCHDOG_CONFIG", doc: "path of the YAML file", set: text(func(c *Config) *string { return &c.File })},
	{name: "WATCHDOG_TICK", path: "tick", preset: "15s", doc: "the tick, and every probe's default interval", set: atLeast(10*time.Millisecond, func(c *Config) *time.Duration { return &c.Tick })},
	{name: "WATCHDOG_HOST_LABEL", path: "host_label", shown: "host name", doc: "the name of this host in messages, logs and metrics", set: text(func(c *Config) *string { return &c.HostLabel })},
	{name: "WATCHDOG_LOG_LEVEL", path: "log.level", preset: "info", doc: "debug, info, warn or error", set: oneOf(func(c *Config) *string { return &c.LogLevel }, "debug", "info", "warn", "error")},
	{name: "WATCHDOG_LOG_OBSERVATIONS", path: "log.observations", preset: "changes", doc: "which observations are logged: all, changes or off", set: oneOf(func(c *Config) *string { return &c.Observations }, "all", "changes", "off")},

	{name: "WATCHDOG_ORCH_URL", path: "orchestrator.url", doc: "the orchestrator's /metrics; empty: this probe is off", set: address(func(c *Config) *string { return &c.Orchestrator.URL }, "http", "https")},
	{name: "WATCHDOG_ORCH_TIMEOUT", path: "orchestrator.timeout", preset: "5s", doc: "one scrape, dial to last byte", set: atLeast(time.Millisecond, func(c *Config) *time.Duration { return &c.Orchestrator.Timeout })},
	{name: "WATCHDOG_ORCH_DOWN_TICKS", path: "orchestrator.down_ticks", preset: "3", doc: "failed scrapes in a row before orch_down", set: ticks(func(c *Config) *int { return &c.Orchestrator.DownTicks })},
	{name: "WATCHDOG_ORCH_STALE", path: "orchestrator.stale", preset: "5m", doc: "orch_stale when the envelope's generated_at is older", set: atLeast(time.Millisecond, func(c *Config) *time.Duration { return &c.Orchestrator.Stale })},
	{name: "WATCHDOG_ORCH_TOKEN", path: "orchestrator.token", secret: true, doc: "bearer token for the scrape", set: hidden(func(c *Config) *secret.Text { return &c.Orchestrator.Token })},
	{name: "WATCHDOG_ORCH_MAX_BYTES", path: "orchestrator.max_bytes", preset: "4194304", doc: "larger answers count as a failed scrape, and are not read further", set: func(c *Config, s string) error {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 1 || n > 1<<30 {
			return fmt.Errorf("%q is no number of bytes from 1 to %d", s, 1<<30)
		}
		c.Orchestrator.MaxBytes = n
		return nil
	}},

	{name: "WATCHDOG_RAISE_TICKS", path: "raise_ticks", preset: "2", doc: "observations in a row that raise a signal, where it sets no other", set: ticks(func(c *Config) *int { return &c.RaiseTicks })},
	{name: "WATCHDOG_CLEAR_TICKS", path: "clear_ticks", preset: "2", doc: "observations in a row that clear a signal, where it sets no other", set: ticks(func(c *Config) *int { return &c.ClearTicks })},
	{name: "WATCHDOG_CONFIRM_INTERVAL", path: "confirm_interval", shown: "tick; 1s for containers", doc: "while a signal of a probe is pending, the probe is repeated at this pace", set: atLeast(10*time.Millisecond, func(c *Config) *time.Duration { return &c.ConfirmInterval })},
	{name: "WATCHDOG_COOLDOWN", path: "cooldown", preset: "1h", doc: "time between reminders while a signal stays active; 0: none", set: atLeast(0, func(c *Config) *time.Duration { return &c.Cooldown })},
	{name: "WATCHDOG_STARTUP_GRACE", path: "startup_grace", preset: "0s", doc: "nothing is told this long after the start", set: atLeast(0, func(c *Config) *time.Duration { return &c.StartupGrace })},
	{name: "WATCHDOG_GROUP_WAIT", path: "group_wait", preset: "1s", doc: "transitions within it travel as one message; critical ones do not wait", set: atLeast(0, func(c *Config) *time.Duration { return &c.GroupWait })},

	{name: "WATCHDOG_TELEGRAM_TOKEN", path: "telegram.token", secret: true, doc: "its own bot's token", set: func(c *Config, s string) error {
		if !tokenForm.MatchString(s) {
			return errors.New("this is not a token of the form 123456:ABC-def that @BotFather gives (it is not shown here)")
		}
		c.Telegram.Token = secret.New(s)
		return nil
	}},
	{name: "WATCHDOG_TELEGRAM_CHAT_ID", path: "telegram.chat_id", secret: true, doc: "chat to alert; a comma-separated list is allowed", set: func(c *Config, s string) error {
		c.Telegram.ChatIDs = nil
		for _, id := range items(s) {
			if !chatForm.MatchString(id) {
				return errors.New("a chat is a number such as -1001234567890, or the @name of a public channel")
			}
			c.Telegram.ChatIDs = append(c.Telegram.ChatIDs, id)
		}
		return nil
	}},
	{name: "WATCHDOG_TELEGRAM_THREAD_ID", path: "telegram.thread_id", doc: "topic in a forum group", set: func(c *Config, s string) error {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 1 {
			return fmt.Errorf("%q is no number of a topic", s)
		}
		c.Telegram.ThreadID = n
		return nil
	}},
	{name: "WATCHDOG_TELEGRAM_API_URL", path: "telegram.api_url", shown: "Bot API", doc: "base URL of a Bot API server", set: address(func(c *Config) *string { return &c.Telegram.APIURL }, "http", "https")},
	{name: "WATCHDOG_TELEGRAM_PROXY", path: "telegram.proxy", secret: true, shown: "environment's", doc: "http, https or socks5 proxy URL for Telegram alone", set: hiddenAddress(func(c *Config) *secret.Text { return &c.Telegram.Proxy }, "http", "https", "socks5", "socks5h")},
	{name: "WATCHDOG_ALERTMANAGER_URL", path: "alertmanager.url", secret: true, doc: "comma-separated Alertmanager base URLs; alerts also go to /api/v2/alerts of each", set: addresses(func(c *Config) *[]string { return &c.Alertmanager })},

	{name: "WATCHDOG_DOCKER_HOST", path: "docker.host", preset: "unix:///var/run/docker.sock", doc: "off: no container probe; tcp:// for a socket proxy", set: func(c *Config, s string) error {
		if strings.EqualFold(s, "off") {
			c.Docker.Host = ""
			return nil
		}
		if u, err := url.Parse(s); err != nil || (u.Scheme != "unix" || u.Path == "") && (u.Scheme != "tcp" || u.Host == "") {
			return fmt.Errorf("%q is neither unix:///path/to/docker.sock, tcp://host:port nor off", s)
		}
		c.Docker.Host = s
		return nil
	}},
	{name: "WATCHDOG_CONTAINERS_EXPECT", path: "containers.expect", doc: "names that must exist and run: container_missing otherwise", set: func(c *Config, s string) error {
		c.Docker.Expect = items(s)
		return nil
	}},

	{name: "WATCHDOG_HOST_PROC", path: "host.proc", shown: "/host/proc if there, else /proc", doc: "the host's procfs", set: text(func(c *Config) *string { return &c.Host.Proc })},
	{name: "WATCHDOG_HOST_MOUNTS", path: "host.mounts", preset: "/", doc: "comma-separated path or label=path of read-only mounts to watch", set: mounts},
	{name: "WATCHDOG_HOST_ENABLED", path: "host.enabled", preset: "true", doc: "all host probes", set: flag(func(c *Config) *bool { return &c.Host.Enabled })},
	{name: "WATCHDOG_DISK_CEILING_ENABLED", path: "host.disk_ceiling.enabled", preset: "false", doc: "opt-in: another watchdog owns the 85 % disk alert", set: flag(func(c *Config) *bool { return &c.Host.CeilingEnabled })},
	{name: "WATCHDOG_DISK_CEILING_PCT", path: "host.disk_ceiling.pct", preset: "97", doc: "the ceiling, in percent of used space", set: func(c *Config, s string) error {
		n, err := number(strings.TrimSuffix(s, "%"))
		if err != nil || n <= 0 || n >= 100 {
			return fmt.Errorf("%q is no percentage between 0 and 100", s)
		}
		c.Host.CeilingPct = n
		return nil
	}},

	{name: "WATCHDOG_LISTEN", path: "listen", preset: "127.0.0.1:9465", doc: "own /healthz, /readyz, /metrics, /status; off: none", set: listen},
	{name: "WATCHDOG_HEARTBEAT_URL", path: "heartbeat.url", secret: true, doc: "dead-man switch: GET once a minute while healthy, /fail appended when not", set: hiddenAddress(func(c *Config) *secret.Text { return &c.Heartbeat }, "http", "https")},
	{name: "WATCHDOG_STATE_FILE", path: "state_file", doc: "opt-in: snapshot of what was told and is still to tell; empty: nothing is ever written", set: func(c *Config, s string) error {
		if !path.IsAbs(s) {
			return fmt.Errorf("%q is no absolute path", s)
		}
		c.StateFile = s
		return nil
	}},
	{name: "WATCHDOG_WITNESS_URLS", path: "witness.urls", doc: "if set, when all of them and a target fail alike, the fault is ours: watchdog_offline", set: addresses(func(c *Config) *[]string { return &c.WitnessURLs })},
}

var (
	tokenForm = regexp.MustCompile(`^[0-9]{1,20}:[A-Za-z0-9_-]{1,200}$`)
	chatForm  = regexp.MustCompile(`^(?:-?[0-9]{1,20}|@[A-Za-z][A-Za-z0-9_]{3,})$`)
)

type setter = func(*Config, string) error

func text(part func(*Config) *string) setter {
	return func(c *Config, s string) error {
		*part(c) = s
		return nil
	}
}

func flag(part func(*Config) *bool) setter {
	return func(c *Config, s string) error {
		b, err := boolean(s)
		if err == nil {
			*part(c) = b
		}
		return err
	}
}

func atLeast(least time.Duration, part func(*Config) *time.Duration) setter {
	return func(c *Config, s string) error {
		d, err := duration(s)
		if err != nil {
			return err
		}
		if d < least {
			return fmt.Errorf("%q is less than %s", s, least)
		}
		*part(c) = d
		return nil
	}
}

func ticks(part func(*Config) *int) setter {
	return func(c *Config, s string) error {
		n, err := tickCount(s)
		if err == nil {
			*part(c) = n
		}
		return err
	}
}

func tickCount(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 1000 {
		return 0, fmt.Errorf("%q is no whole number from 1 to 1000", s)
	}
	return n, nil
}

func oneOf(part func(*Config) *string, choices ...string) setter {
	return func(c *Config, s string) error {
		if !slices.Contains(choices, strings.ToLower(s)) {
			return fmt.Errorf("%q is none of %s", s, strings.Join(choices, ", "))
		}
		*part(c) = strings.ToLower(s)
		return nil
	}
}

func hidden(part func(*Config) *secret.Text) setter {
	return func(c *Config, s string) error {
		*part(c) = secret.New(s)
		return nil
	}
}

// checkURL never quotes: a URL may hold a password, or be one by mistake.
func checkURL(s string, schemes ...string) error {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || !slices.Contains(schemes, u.Scheme) {
		return fmt.Errorf("this is no URL that begins with %s:// and has a host", strings.Join(schemes, ":// or "))
	}
	return nil
}

func address(part func(*Config) *string, schemes ...string) setter {
	return func(c *Config, s string) error {
		*part(c) = s
		return checkURL(s, schemes...)
	}
}

func hiddenAddress(part func(*Config) *secret.Text, schemes ...string) setter {
	return func(c *Config, s string) error {
		*part(c) = secret.New(s)
		return checkURL(s, schemes...)
	}
}

func addresses(part func(*Config) *[]string) setter {
	return func(c *Config, s string) error {
		*part(c) = items(s)
		for _, one := range *part(c) {
			if err := checkURL(one, "http", "https"); err != nil {
				return err
			}
		}
		return nil
	}
}

func mounts(c *Config, s string) error {
	c.Host.Mounts = nil
	for _, one := range items(s) {
		m := Mount{Label: one, Path: one}
		if label, at, ok := strings.Cut(one, "="); ok {
			m = Mount{Label: label, Path: at}
		}
		if !path.IsAbs(m.Path) || m.Label == "" {
			return fmt.Errorf("%q is neither an absolute path nor label=path", one)
		}
		if slices.ContainsFunc(c.Host.Mounts, func(other Mount) bool { return other.Label == m.Label }) {
			return fmt.Errorf("the mount %q stands here twice", m.Label)
		}
		c.Host.Mounts = append(c.Host.Mounts, m)
	}
	return nil
}

func listen(c *Config, s string) error {
	if strings.EqualFold(s, "off") {
		c.Listen = ""
		return nil
	}
	c.Listen = s
	return hostPort(s)
}

// items splits a comma-separated list.
func items(s string) []string {
	var all []string
	for one := range strings.SplitSeq(s, ",") {
		if one = strings.TrimSpace(one); one != "" {
			all = append(all, one)
		}
	}
	return all
}
