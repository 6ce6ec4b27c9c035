package assembly

import (
	"encoding/pem"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/config"
	"orchestrator-watchdog/supervisor"
)

// table holds all parts of a configuration, by name.
type table struct {
	names []string
	parts map[string]any
}

// tableOf makes all parts of a file.
func tableOf(t *testing.T, shared *Shared, yaml string) table {
	t.Helper()
	c, _, err := Load(config.Source{
		Environ: []string{"WATCHDOG_CONFIG=/w.yaml", "WATCHDOG_HOST_LABEL=web-1"},
		ReadFile: func(path string) ([]byte, error) {
			if path == "/w.yaml" {
				return []byte(yaml), nil
			}
			return os.ReadFile(path)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	probes, errProbes := Probes(c, shared)
	channels, errChannels := Channels(c, zap.NewNop())
	if err := errors.Join(errProbes, errChannels); err != nil {
		t.Fatal(err)
	}
	all := table{parts: make(map[string]any)}
	for _, p := range probes {
		all.names, all.parts[p.Name] = append(all.names, p.Name), p
	}
	for _, p := range channels {
		all.names, all.parts[p.Channel.Name()] = append(all.names, p.Channel.Name()), p
	}
	return all
}

// touched returns what a reload from one table to the other starts or restarts, and with "no " what
// it stops.
func touched(from, to table) string {
	var names []string
	for _, name := range to.names {
		same := false
		switch p := to.parts[name].(type) {
		case supervisor.ProbePart:
			was, runs := from.parts[name].(supervisor.ProbePart)
			same = runs && p.Same(was)
		case supervisor.ChannelPart:
			was, runs := from.parts[name].(supervisor.ChannelPart)
			same = runs && p.Same(was)
		}
		if !same {
			names = append(names, name)
		}
	}
	for _, name := range from.names {
		if to.parts[name] == nil {
			names = append(names, "no "+name)
		}
	}
	return strings.Join(names, " ")
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// authority returns a certificate in PEM.
func authority(t *testing.T) string {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}

// A reload touches only the parts that use a changed setting.
func TestPartsTouchedByASetting(t *testing.T) {
	ca, token := filepath.Join(t.TempDir(), "ca.pem"), filepath.Join(t.TempDir(), "token")
	file := strings.NewReplacer("CA", ca, "TOKEN", token).Replace(`
telegram: {token_file: TOKEN, chat_id: ["1", "2"]}
alertmanager: {url: "http://alert:9093"}
orchestrator: {url: "http://o/metrics", rules: [{name: stuck, field: a.b, raise: "> 1"}]}
dependencies:
  - {name: db, tcp: {addr: "db:1"}}
  - {name: web, http: {url: "https://web/", ca_file: CA}}
docker: {host: off}
host: {mounts: ["a=/", "b=/tmp"]}
`)
	for what, c := range map[string]struct{ from, to, want string }{
		"nothing":               {"", "", ""},
		"a comment":             {"\norch", "\n# new\norch", ""},
		"policy":                {"docker", "cooldown: 2h\nraise_ticks: 5\nsignals: {'*': {mute: true}}\ndocker", ""},
		"the ticks until down":  {`{url: "http://o`, `{down_ticks: 7, url: "http://o`, ""},
		"a rule":                {"> 1", "> 2", "orchestrator"},
		"a dependency":          {"db:1", "db:2", "dep:db"},
		"one dependency less":   {`  - {name: db, tcp: {addr: "db:1"}}` + "\n", "", "no dep:db"},
		"a threshold of memory": {"host: {m", "host: {memory: {raise: 95}, m", "host"},
		"a threshold of inodes": {"host: {m", "host: {inodes: {raise: 95}, m", "mount:a mount:b"},
		"a mount":               {"b=/tmp", "b=/var", "mount:b"},
		"a chat":                {`["1", "2"]`, `["1", "3"]`, "telegram:2"},
		"a topic":               {"telegram: {", "telegram: {thread_id: 7, ", "telegram telegram:2"},
		"the Alertmanager":      {"alert:9093", "warn:9093", "alertmanager:warn:9093 no alertmanager:alert:9093"},
		"the confirm interval":  {"docker", "confirm_interval: 3s\ndocker", "orchestrator host mount:a mount:b dep:db dep:web"},
	} {
		t.Run(what, func(t *testing.T) {
			write(t, ca, authority(t))
			write(t, token, "123456:AAsecret-token_of-a-bot")
			shared, other := NewShared(time.Now), strings.Replace(file, c.from, c.to, 1)
			if other == file && c.from != "" {
				t.Fatalf("there is no %q to replace", c.from)
			}
			if got := touched(tableOf(t, shared, file), tableOf(t, shared, other)); got != c.want {
				t.Errorf("touches %q, want %q", got, c.want)
			}
		})
	}
}

// A reload also touches the parts that use a file whose content changed: a token or a certificate.
func TestPartsTouchedByAFile(t *testing.T) {
	ca, token := filepath.Join(t.TempDir(), "ca.pem"), filepath.Join(t.TempDir(), "token")
	file := strings.NewReplacer("CA", ca, "TOKEN", token).Replace(`
telegram: {token_file: TOKEN, chat_id: ["1", "2"], ca_file: CA}
alertmanager: {url: "https://alert:9093", ca_file: CA}
orchestrator: {url: "https://o/metrics", ca_file: CA}
dependencies:
  - {name: db, tcp: {addr: "db:1"}}
  - {name: web, http: {url: "https://web/", ca_file: CA}}
  - {name: mail, tls: {addr: "mail:1", ca_file: CA}}
  - {name: cache, redis: {addr: "cache:1", tls: true, ca_file: CA}}
  - {name: sql, postgres: {dsn: "host=sql sslmode=require", ca_file: CA}}
  - {name: shop, mysql: {dsn: "u@tcp(shop)/", ca_file: CA}}
docker: {host: off}
host: {enabled: false}
`)
	for path, c := range map[string]struct{ text, want string }{
		ca:    {authority(t) + authority(t), "orchestrator dep:web dep:mail dep:cache dep:sql dep:shop telegram telegram:2 alertmanager:alert:9093"},
		token: {"123456:AAanother-token_of-a-bot", "telegram telegram:2"},
	} {
		write(t, ca, authority(t))
		write(t, token, "123456:AAsecret-token_of-a-bot")
		shared := NewShared(time.Now)
		before := tableOf(t, shared, file)
		write(t, path, c.text)
		if got := touched(before, tableOf(t, shared, file)); got != c.want {
			t.Errorf("%s touches %q, want %q", filepath.Base(path), got, c.want)
		}
	}
}

// An unusable TLS file is an error that names the setting and the file, for everything that uses TLS.
func TestAnUnusableTLSFile(t *testing.T) {
	const settings = `ca_file: /no/such.pem, insecure_skip_verify: false`
	for what, yaml := range map[string]string{
		"orchestrator:":   `orchestrator: {url: "https://o/metrics", ` + settings + `}`,
		"telegram:":       `telegram: {token: "123456:AAsecret-token_of-a-bot", chat_id: "1", ` + settings + `}`,
		"alertmanager:":   `alertmanager: {url: "https://alert:9093", ` + settings + `}`,
		"dependency web":  `dependencies: [{name: web, http: {url: "https://web/", ` + settings + `}}]`,
		"dependency tls":  `dependencies: [{name: tls, tls: {addr: "web:1", ` + settings + `}}]`,
		"dependency red":  `dependencies: [{name: red, redis: {addr: "web:1", tls: true, ` + settings + `}}]`,
		"dependency shop": `dependencies: [{name: shop, mysql: {dsn: "u@tcp(shop)/", ` + settings + `}}]`,
		"dependency sql":  `dependencies: [{name: sql, postgres: {dsn: "host=sql", ` + settings + `}}]`,
	} {
		c, _, err := Load(config.Source{
			Environ:  []string{"WATCHDOG_CONFIG=/w.yaml", "WATCHDOG_DOCKER_HOST=off"},
			ReadFile: func(string) ([]byte, error) { return []byte(yaml), nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		_, errProbes := Probes(c, NewShared(time.Now))
		_, errChannels := Channels(c, zap.NewNop())
		if err := errors.Join(errProbes, errChannels); err == nil || !strings.Contains(err.Error(), what) ||
			!strings.Contains(err.Error(), "ca_file: there is no file /no/such.pem") {
			t.Errorf("%s got %v, want the setting and the file", what, err)
		}
	}
}
