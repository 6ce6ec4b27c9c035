package config_test

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/notifier/telegram"
	"orchestrator-watchdog/actors/ops"
	"orchestrator-watchdog/actors/probe/container"
	"orchestrator-watchdog/actors/probe/dependency"
	"orchestrator-watchdog/actors/probe/host"
	"orchestrator-watchdog/actors/probe/orchestrator"
	"orchestrator-watchdog/actors/probe/witness"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/messages/secret"
	"orchestrator-watchdog/supervisor/assembly"
)

const token = "123456:AAsecret-token_of-a-bot"

// load reads settings from an environment and files.
func load(environ []string, files map[string]string) (*config.Config, []string, error) {
	return assembly.Load(config.Source{
		Environ: environ, Hostname: "web-1",
		ReadFile: func(path string) ([]byte, error) {
			text, ok := files[path]
			if !ok {
				return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
			}
			return []byte(text), nil
		},
	})
}

func yaml(text string, environ ...string) (*config.Config, []string, error) {
	return load(append(environ, "WATCHDOG_CONFIG=/w.yaml"), map[string]string{"/w.yaml": text})
}

// Without any setting everything has its default.
func TestDefaults(t *testing.T) {
	c, warnings, err := load(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !c.Enabled || c.Tick != 15*time.Second || c.HostLabel != "web-1" || config.Section[*orchestrator.Settings](c).DownTicks != 3 || config.Section[*core.Settings](c).Defaults.Cooldown != time.Hour ||
		config.Section[*container.Settings](c).Host != "unix:///var/run/docker.sock" || len(config.Section[*host.Settings](c).Mounts) != 1 || config.Section[*ops.Settings](c).Listen != "127.0.0.1:9465" || config.Section[*host.Settings](c).CeilingEnabled {
		t.Errorf("got %+v", c)
	}
	if len(warnings) != 2 {
		t.Errorf("warnings %q, want one about the token and one about the orchestrator", warnings)
	}
}

// The environment wins over the file, and the file over the default; each value has its origin.
func TestPrecedenceAndOrigin(t *testing.T) {
	c, _, err := yaml("tick: 30s\ncooldown: 2h\n", "WATCHDOG_TICK=1m")
	if err != nil {
		t.Fatal(err)
	}
	if c.Tick != time.Minute || config.Section[*core.Settings](c).Defaults.Cooldown != 2*time.Hour {
		t.Errorf("tick %s, cooldown %s", c.Tick, config.Section[*core.Settings](c).Defaults.Cooldown)
	}
	origins := map[string]string{}
	for _, s := range c.Effective() {
		origins[s.Name] = s.Value + " from " + s.Origin
	}
	for name, want := range map[string]string{
		"WATCHDOG_TICK": "1m from environment WATCHDOG_TICK", "WATCHDOG_COOLDOWN": "2h from /w.yaml:2", "WATCHDOG_GROUP_WAIT": "1s from default",
	} {
		if origins[name] != want {
			t.Errorf("%s: %q, want %q", name, origins[name], want)
		}
	}
}

// A list in the environment replaces the one in the file, and that one the default.
func TestAListReplacesTheOneBefore(t *testing.T) {
	c, _, err := yaml("labels: [team=core]\nhost: {mounts: [/a, /b]}\ntelegram: {chat_id: [1, 2]}\n", "WATCHDOG_LABELS=env=prod", "WATCHDOG_TELEGRAM_CHAT_ID=3")
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(config.Section[*notifier.Common](c).Labels, config.Section[*host.Settings](c).Mounts, config.Section[*telegram.Variables](c).ChatIDs)
	if want := "map[env:prod] [{/a /a} {/b /b}] [3]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// All problems are reported at once, each with its name or place, and none with a secret.
func TestEveryProblemIsReported(t *testing.T) {
	for name, c := range map[string]struct {
		environ []string
		yaml    string
		want    []string
	}{
		"variables": {[]string{"WATCHDOG_TICK=5", "WATCHDOG_ORCH_URL=hunter2.example", "WATCHDOG_RAISE_TICKS=0", "WATCHDOG_LOG_LEVEL=loud", "WATCHDOG_ENABLED=maybe"}, "", []string{
			`WATCHDOG_ENABLED: "maybe" is neither true nor false`, `WATCHDOG_TICK: "5" is not a duration`, `WATCHDOG_LOG_LEVEL: "loud" is none of`,
			"WATCHDOG_ORCH_URL: this is not a URL", `WATCHDOG_RAISE_TICKS: "0" is not a whole number from 1`,
		}},
		"a malformed token is not shown": {[]string{"WATCHDOG_TELEGRAM_TOKEN=123:hunter2 with spaces", "WATCHDOG_TELEGRAM_CHAT_ID=1"}, "", []string{"WATCHDOG_TELEGRAM_TOKEN: this is not a token"}},
		"a token without a chat":         {[]string{"WATCHDOG_TELEGRAM_TOKEN=" + token}, "", []string{"WATCHDOG_TELEGRAM_CHAT_ID: a token is set, but no chat"}},
		"a chat of nothing but commas":   {[]string{"WATCHDOG_TELEGRAM_TOKEN=" + token, "WATCHDOG_TELEGRAM_CHAT_ID=,"}, "", []string{"WATCHDOG_TELEGRAM_CHAT_ID: a token is set, but no chat"}},
		"a secret twice":                 {[]string{"WATCHDOG_ORCH_TOKEN=hunter2", "WATCHDOG_ORCH_TOKEN_FILE=/t"}, "", []string{"WATCHDOG_ORCH_TOKEN: WATCHDOG_ORCH_TOKEN_FILE is set as well"}},
		"a secret's file is missing":     {[]string{"WATCHDOG_ORCH_TOKEN_FILE=/missing"}, "", []string{"WATCHDOG_ORCH_TOKEN_FILE: the file /missing can't be read: file does not exist"}},
		"unknown keys":                   {nil, "tik: 5s\norchestrator:\n  urll: http://a/\n", []string{"/w.yaml:1:1: the key tik is not known here; did you mean tick?", "/w.yaml:3:3: orchestrator: the key urll is not known here; did you mean url?"}},
		"a duplicate key":                {nil, "tick: 5s\ntick: 6s\n", []string{"/w.yaml:2:1: this key is set twice"}},
		"a wrong value":                  {nil, "host:\n  memory: {raise: 90, clear: 95}\n", []string{"/w.yaml:2:", "clear (95) is above raise (90)"}},
		"a list where one value belongs": {nil, "tick: [5s, 6s]\n", []string{"/w.yaml:1:7: tick: this has to be a single value"}},
		"no YAML":                        {nil, "telegram:\n  token: \"hunter2\n", []string{"/w.yaml:2:"}},
		"a second document":              {nil, "tick: 5s\n---\ntick: 6s\n", []string{"a second document"}},
		"an unknown day and zone":        {nil, "maintenance:\n  - {signals: '*', start: '02:00', for: 30m, days: [son], zone: Mars/Olympus}\n", []string{`maintenance[0].days`, `"son" is not a day`, `"Mars/Olympus" is not a time zone`}},
		"a dependency of two kinds":      {nil, "dependencies:\n  - {name: a, http: {url: 'http://a/'}, tcp: {addr: 'a:1'}}\n", []string{"/w.yaml:2:", "exactly one kind"}},
		"a dependency twice":             {nil, "dependencies:\n  - {name: a, tcp: {addr: 'a:1'}}\n  - {name: a, tcp: {addr: 'b:1'}}\n", []string{`"a" is listed twice`}},
		"a password in a wrong place":    {nil, "dependencies:\n  - {name: a, http: {url: 'hunter2', password: hunter2, statuss: [1]}}\n", []string{"dependencies[0].http.url: this is not a URL", "statuss"}},
	} {
		t.Run(name, func(t *testing.T) {
			environ := c.environ
			files := map[string]string{}
			if c.yaml != "" {
				environ, files["/w.yaml"] = append(environ, "WATCHDOG_CONFIG=/w.yaml"), c.yaml
			}
			_, _, err := load(environ, files)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("no %q in:\n%s", want, err)
				}
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("a secret shows in:\n%s", err)
			}
		})
	}
}

// White space around a secret in a file is removed, and the secret is masked everywhere.
func TestSecretsComeFromFilesAndAreMasked(t *testing.T) {
	c, _, err := load([]string{
		"WATCHDOG_TELEGRAM_TOKEN_FILE=/token", "WATCHDOG_TELEGRAM_CHAT_ID= -1001, @ops_channel ", "WATCHDOG_ORCH_URL=http://u:hunter2@orch/metrics",
		"WATCHDOG_HEARTBEAT_URL=https://hc.example/hunter2-uuid",
	}, map[string]string{"/token": "\n " + token + "\n"})
	if err != nil {
		t.Fatal(err)
	}
	if config.Section[*telegram.Variables](c).Token.Reveal() != token || len(config.Section[*telegram.Variables](c).ChatIDs) != 2 {
		t.Errorf("got %+v", config.Section[*telegram.Variables](c))
	}
	shown := fmt.Sprintf("%+v %v", c.Effective(), config.Section[*telegram.Variables](c))
	for _, s := range []string{token, "hunter2"} {
		if strings.Contains(shown, s) {
			t.Errorf("%q shows in %s", s, shown)
		}
	}
	if !strings.Contains(shown, "http://u:"+secret.Mask+"@orch/metrics") {
		t.Errorf("the URL without its password is not in %s", shown)
	}
	for _, want := range []string{token, "hunter2", "https://hc.example/hunter2-uuid"} {
		if !strings.Contains(strings.Join(c.Secrets(), " "), want) {
			t.Errorf("%q is not among the secrets to mask", want)
		}
	}
}

// An unknown variable causes a warning that names the nearest one; an empty variable counts as not set.
func TestUnknownVariablesAreWarnings(t *testing.T) {
	c, warnings, err := load([]string{"WATCHDOG_TELEGRAM_TOKN=x", "WATCHDOG_TICK=", "PATH=/bin"}, nil)
	if err != nil || c.Tick != 15*time.Second {
		t.Fatalf("tick %s, %v", c.Tick, err)
	}
	if !strings.Contains(strings.Join(warnings, "\n"), "WATCHDOG_TELEGRAM_TOKN is not known and has no effect; did you mean WATCHDOG_TELEGRAM_TOKEN?") {
		t.Errorf("got %q", warnings)
	}
}

// The kill switch works even if there are other problems.
func TestTheKillSwitchIsKnownBesideProblems(t *testing.T) {
	if c, _, err := load([]string{"WATCHDOG_ENABLED=false", "WATCHDOG_TICK=nonsense"}, nil); c.Enabled || err == nil {
		t.Errorf("enabled %t, error %v", c.Enabled, err)
	}
}

// A problem is reported once: an invalid chat or token is not also reported as missing.
func TestAProblemIsReportedOnce(t *testing.T) {
	_, warnings, err := load([]string{"WATCHDOG_TELEGRAM_TOKEN=" + token, "WATCHDOG_TELEGRAM_CHAT_ID=ops", "WATCHDOG_ORCH_URL=orch"}, nil)
	if err == nil || strings.Count(err.Error(), "\n") != 1 || len(warnings) != 0 {
		t.Errorf("want two problems and no warning, got %q and:\n%v", warnings, err)
	}
}

// A byte order mark and Windows line ends are accepted.
func TestAFileFromWindows(t *testing.T) {
	c, _, err := yaml("\ufefftick: 5s\r\nhost_label: web-2\r\n")
	if err != nil || c.Tick != 5*time.Second || c.HostLabel != "web-2" {
		t.Errorf("tick %s, host %q, %v", c.Tick, c.HostLabel, err)
	}
}

// A whole file is read: settings with and without variables.
func TestAWholeFile(t *testing.T) {
	c, _, err := yaml(`
orchestrator: {url: "http://orch:8000/metrics", format: any-json}
telegram: {token: "` + token + `", chat_id: [-1001, "@ops_channel"]}
dependencies:
  - {name: gitea, http: {url: "http://gitea:3000/api/healthz", status: [200, 204], contains: "pass"}, timeout: 3s, slow: 2s, interval: 1d}
  - {name: mail, tcp: {addr: "mail:25"}}
  - {name: db, postgres: {dsn: "postgres://u:hunter2@db/x"}}
  - {name: cache, redis: {addr: "redis:6379", password: hunter2, tls: true, insecure_skip_verify: true}}
  - {name: registry, tls: {addr: "registry:443", server_name: registry, ca_file: ""}}
  - {name: names, dns: {host: api.example.org, server: "10.0.0.2:53", expect: [10.0.0.3]}}
containers: {include: ["*"], exclude: ["tmp-*"], expect: [orchestrator, db]}
host: {memory: {raise: 80, clear: 70, raise_critical: 90}, mounts: ["/=/host/root", /data]}
signals:
  "dep_*": {raise_ticks: 3, cooldown: 30m, severity: critical}
  "container_unhealthy:flaky": {enabled: false}
  "orch_rule:*": {inhibited_by: [orch_down]}
maintenance:
  - {signals: "dep_*:gitea", start: "02:00", for: 30m, days: [sun], zone: Europe/Berlin}
`)
	if err != nil {
		t.Fatal(err)
	}
	d := c.Dependencies[0]
	if !config.Section[*orchestrator.Settings](c).AnyJSON || len(config.Section[*telegram.Variables](c).ChatIDs) != 2 || d.Settings.(*dependency.HTTP).Status[1] != 204 || d.Slow != 2*time.Second || d.Interval != 24*time.Hour ||
		c.Dependencies[1].Settings.(*dependency.TCP).Addr != "mail:25" || config.Section[*container.Settings](c).Expect[1] != "db" || c.Thresholds["memory"].Raise != 80 || config.Section[*host.Settings](c).Mounts[0].Path != "/host/root" ||
		*c.Signals[0].RaiseTicks != 3 || *c.Signals[1].Enabled || (*c.Signals[2].InhibitedBy)[0] != "orch_down" || c.Maintenance[0].Days[0] != time.Sunday {
		t.Errorf("got %+v", c)
	}
}

// An item of a list in the file may contain a comma: it stays whole, and is shown in quotes. A
// text is split at its commas, like the variable.
func TestAnItemOfAListStaysWhole(t *testing.T) {
	c, _, err := yaml(`
witness: {urls: ["https://one/?of=a,b", "https://u:hunter2@two/?of=c,d"]}
containers: {include: ["job-[a,b]", web], expect: "a, b"}
host: {mounts: ["data=/mnt/a,b"]}
dependencies: [{name: names, dns: {host: a, record: TXT, expect: ["v=1, k=2"]}}]
`)
	if err != nil {
		t.Fatal(err)
	}
	if len(config.Section[*witness.Settings](c).URLs) != 2 || config.Section[*witness.Settings](c).URLs[0] != "https://one/?of=a,b" || !slices.Equal(config.Section[*container.Settings](c).Include, []string{"job-[a,b]", "web"}) ||
		!slices.Equal(config.Section[*container.Settings](c).Expect, []string{"a", "b"}) || len(config.Section[*host.Settings](c).Mounts) != 1 || config.Section[*host.Settings](c).Mounts[0].Path != "/mnt/a,b" ||
		!slices.Equal(c.Dependencies[0].Settings.(*dependency.DNS).Expect, []string{"v=1, k=2"}) {
		t.Errorf("got %q, %+v, %+v, %+v", config.Section[*witness.Settings](c).URLs, config.Section[*container.Settings](c), config.Section[*host.Settings](c).Mounts, c.Dependencies)
	}
	shown := fmt.Sprint(c)
	for _, want := range []string{`"https://one/?of=a,b","https://u:***@two/?of=c,d"`, `"job-[a,b]",web`, `=a,b`} {
		if !strings.Contains(shown, want) {
			t.Errorf("%s is not in %s", want, shown)
		}
	}
	other, _, err := yaml(`witness: {urls: ["https://one/?of=a", "b"]}`)
	if err == nil || other == nil || !strings.Contains(err.Error(), "witness.urls: this is not a URL") {
		t.Errorf("got %v", err)
	}
}

// Reading any file ends in settings or in problems.
func FuzzYAML(f *testing.F) {
	f.Add("tick: 5s\nsignals: {'*': {cooldown: 1d}}\n")
	f.Add("dependencies: [{name: a, http: {url: http://a}}]")
	f.Add("a: &x 1\nb: *x\n<<: {}\n? [1]\n: 2")
	f.Add("tick: !!int \"3\"\n---\n- 1")
	f.Fuzz(func(t *testing.T, text string) {
		if c, _, _ := yaml(text); c == nil {
			t.Error("no Config")
		}
	})
}
