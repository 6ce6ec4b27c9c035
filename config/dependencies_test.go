package config_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/probe/dependency"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/config/field"
	"orchestrator-watchdog/messages/secret"
)

// Every kind of dependency is read with all its options.
func TestEveryKindOfDependency(t *testing.T) {
	const head = "dependencies:\n  - {name: a, timeout: 3s, interval: 1d, slow: 2s, "
	for name, c := range map[string]struct {
		yaml string
		want config.Dependency
	}{
		"http with basic auth": {
			`http: {url: "https://a/health", status: [200, 204], contains: pass, json: {status: ok, "data.0.ready": true}, headers: {x-key: k}, user: u, password: p, server_name: b, ca_file: /ca.pem}}`,
			config.Dependency{Settings: &dependency.HTTP{
				URL: "https://a/health", Status: []int{200, 204}, Contains: "pass", JSON: map[string]string{"status": "ok", "data.0.ready": "true"},
				Headers: map[string]string{"X-Key": "k"}, User: "u", Password: secret.New("p"), TLS: field.TLS{ServerName: "b", CAFile: "/ca.pem"},
			}},
		},
		"http with a bearer of a file": {`http: {url: "http://a", status: 401, bearer_file: /s, insecure_skip_verify: true}}`, config.Dependency{
			Settings: &dependency.HTTP{URL: "http://a", Status: []int{401}, Bearer: secret.New("from a file"), TLS: field.TLS{InsecureSkipVerify: true}},
		}},
		"tcp": {`tcp: {addr: "mail:25"}}`, config.Dependency{Settings: &dependency.TCP{Addr: "mail:25"}}},
		"tls": {`tls: {addr: "registry:443", server_name: registry, ca_file: ""}}`, config.Dependency{Settings: &dependency.TLS{Addr: "registry:443", TLS: field.TLS{ServerName: "registry"}}}},
		"dns": {`dns: {host: api.example.org, server: "10.0.0.2:53", record: aaaa, expect: ["::1"]}}`, config.Dependency{
			Settings: &dependency.DNS{Host: "api.example.org", Server: "10.0.0.2:53", Record: "AAAA", Expect: []string{"::1"}},
		}},
		"postgres":       {`postgres: {dsn_file: /s, insecure_skip_verify: true}}`, config.Dependency{Settings: &dependency.Postgres{DSN: secret.New("from a file"), TLS: field.TLS{InsecureSkipVerify: true}}}},
		"mysql":          {`mysql: {dsn_file: /s, ca_file: /ca}}`, config.Dependency{Settings: &dependency.MySQL{DSN: secret.New("from a file"), TLS: field.TLS{CAFile: "/ca"}}}},
		"redis":          {`redis: {addr: "redis:6379", user: u, password: p}}`, config.Dependency{Settings: &dependency.Redis{Addr: "redis:6379", User: "u", Password: secret.New("p")}}},
		"redis over TLS": {`redis: {addr: "redis:6379", tls: true, ca_file: /ca}}`, config.Dependency{Settings: &dependency.Redis{Addr: "redis:6379", TLS: true, Trust: field.TLS{CAFile: "/ca"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			conf, _, err := load([]string{"WATCHDOG_CONFIG=/w.yaml"}, map[string]string{"/w.yaml": head + c.yaml + "\n", "/s": "from a file\n"})
			if err != nil {
				t.Fatal(err)
			}
			c.want.Name, c.want.Timeout, c.want.Interval, c.want.Slow = "a", 3*time.Second, 24*time.Hour, 2*time.Second
			if got := conf.Dependencies[0]; !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// Problems of a dependency are reported with their place.
func TestWrongDependencies(t *testing.T) {
	for text, want := range map[string]string{
		"{tcp: {addr: 'a:1'}}":              "/w.yaml:1:16: dependencies[0]: a dependency needs a name",
		"{name: 'a b', tcp: {addr: 'a:1'}}": `/w.yaml:1:23: dependencies[0].name: "a b" can't be part of a signal's name`,
		"{name: a}":                         "exactly one kind, and this one of 0: dns, http, mysql, postgres, redis, tcp, tls",
		"{name: a, tcp: {addr: 'a:1'}, tls: {addr: 'a:1'}}":       "exactly one kind, and this one of 2",
		"{name: a, tcp: {addr: a}}":                               `dependencies[0].tcp.addr: "a" is not host:port`,
		"{name: a, tcp: {addr: 'a:99999'}}":                       "has no port from 0 to 65535",
		"{name: a, tcp: {addr: 'a:1'}, timeout: 0s}":              "timeout: this has to be more than 0",
		"{name: a, tcp: {addr: 'a:1'}, interval: 1ms}":            `interval: "1ms" is less than 10ms`,
		"{name: a, tcp: {}}":                                      "tcp needs an addr",
		"{name: a, tls: {}}":                                      "tls needs an addr",
		"{name: a, http: {}}":                                     "http needs a url",
		"{name: a, http: {url: 'http://a', status: [20]}}":        `status[0]: "20" is not an HTTP status`,
		"{name: a, http: {url: 'http://a', password: p}}":         "a password needs its user",
		"{name: a, http: {url: 'http://a', headers: {'a b': c}}}": "this is not the name of a header",
		"{name: a, http: {url: 'http://a', method: POST}}":        "the key method is not known here",
		"{name: a, dns: {}}":                                      "dns needs a host",
		"{name: a, dns: {host: a, record: AX}}":                   `"AX" is none of A, AAAA`,
		"{name: a, postgres: {}}":                                 "postgres needs a dsn or dsn_file",
		"{name: a, mysql: {}}":                                    "mysql needs a dsn or dsn_file",
		"{name: a, redis: {}}":                                    "redis needs an addr",
		"{name: a, redis: {addr: 'a:1', ca_file: /ca}}":           "need tls: true",
		"{name: a, redis: {addr: 'a:1', password_file: /none}}":   "password_file: the file /none can't be read: file does not exist",
	} {
		_, _, err := yaml("dependencies: [" + text + "]\n")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: no %q in: %v", text, want, err)
		}
	}
}

// A dependency that could never be slow causes a warning.
func TestSlowAboveTimeoutIsAWarning(t *testing.T) {
	_, warnings, err := yaml("dependencies:\n  - {name: a, tcp: {addr: 'a:1'}, slow: 10s}\n")
	if err != nil || !strings.Contains(fmt.Sprint(warnings), "/w.yaml:2: slow (10s) is not below timeout (5s)") {
		t.Errorf("%q, %v", warnings, err)
	}
}
