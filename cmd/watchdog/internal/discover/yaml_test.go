package discover_test

import (
	"flag"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"orchestrator-watchdog/actors/probe/container"
	"orchestrator-watchdog/actors/probe/orchestrator"
	"orchestrator-watchdog/cmd/watchdog/internal/discover"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/supervisor/assembly"
)

var update = flag.Bool("update", false, "write the golden files")

// load reads the file as the daemon does.
func load(t *testing.T, text string) *config.Config {
	t.Helper()
	c, _, err := assembly.Load(config.Source{
		Environ: []string{"WATCHDOG_CONFIG=w.yaml"}, ReadFile: func(string) ([]byte, error) { return []byte(text), nil },
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return c
}

func in(network string) map[string]netip.Addr {
	return map[string]netip.Addr{network: netip.MustParseAddr("172.20.0.2")}
}

// inNetwork gives the addresses for a watchdog in the network "app".
var inNetwork = discover.Addresses([]string{"app"}, true)

// host is a typical machine, as seen from a container in the network "app".
func host() discover.Host {
	h := discover.Host{
		Containers: []container.Found{
			{Name: "airflow-1", Service: "airflow", Image: "apache/airflow:2.9", Running: true, Restart: "always", Ports: []container.Port{{Number: 8080}}, Networks: in("app")},
			{Name: "cache", Image: "registry.example/library/redis@sha256:abc", Running: true, Restart: "unless-stopped", Ports: []container.Port{{Number: 6379}}, Networks: in("app")},
			{Name: "db", Image: "postgres:16", Running: true, Restart: "always", Ports: []container.Port{{Number: 5432}}, Networks: in("app")},
			{Name: "elsewhere", Image: "nginx", Running: true, Restart: "always", Ports: []container.Port{{Number: 80}}, Networks: in("other")},
			{Name: "mail", Image: "boky/postfix", Running: true, Restart: "always", Ports: []container.Port{{Number: 587}}, Networks: in("app")},
			{Name: "migrate", Image: "shop:7", Running: true, Networks: in("app")},
			{Name: "mine", Image: "orchestrator-watchdog", Self: true, Running: true, Restart: "always", Networks: in("app")},
			{Name: "old", Image: "mysql:5", Running: false, Restart: "always", Ports: []container.Port{{Number: 3306}}, Networks: in("app")},
			{Name: "quiet", Image: "nginx", Ignored: true, Running: true, Restart: "always", Ports: []container.Port{{Number: 80}}, Networks: in("app")},
			{Name: "shop", Image: "shop:7", Running: true, Restart: "on-failure", Health: "CMD-SHELL curl -f http://localhost:9000/ready || exit 1", Ports: []container.Port{{Number: 9000}}, Networks: in("app")},
			{Name: "web", Image: "proxy:1\n- {evil: true}\u202e", Running: true, Restart: "always", Ports: []container.Port{{Number: 443}}, Networks: in("app")},
		},
		Metrics: []discover.Metrics{
			{Container: "airflow-1", URL: "http://airflow:8080/metrics", Envelope: true},
			{Container: "db", URL: "http://db:9187/metrics"},
		},
		Mounts:      []discover.Mount{{Path: "/", Type: "ext4"}, {Path: "/data", Type: "xfs"}},
		Problems:    []string{"containers: old: the engine\ndoes not say"},
		Unreachable: []string{"elsewhere"},
	}
	for _, c := range h.Containers {
		if p, ok := discover.Propose(c, inNetwork); ok && c.Name != h.Orchestrator() {
			h.Dependencies = append(h.Dependencies, p)
		}
	}
	h.Dependencies[0].Problem = "login failed: NOAUTH Authentication required"
	return h
}

// The file is as expected, and the watchdog accepts it.
func TestTheFile(t *testing.T) {
	text := discover.YAML(host())
	const golden = "testdata/host.golden.yaml"
	if *update {
		if err := os.WriteFile(golden, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || text != string(want) {
		t.Errorf("%v: the file is (-update writes it)\n%s", err, text)
	}
	c := load(t, text)
	var names []string
	for _, d := range c.Dependencies {
		names = append(names, d.Name)
	}
	if got := strings.Join(names, " "); got != "db mail shop web" {
		t.Errorf("dependencies are %s, want those that answered", got)
	}
	if url := config.Section[*orchestrator.Settings](c).URL; url != "http://airflow:8080/metrics" {
		t.Errorf("the orchestrator is %q", url)
	}
	if got := strings.Join(config.Section[*container.Settings](c).Expect, " "); got != "airflow-1 cache db elsewhere mail shop web" {
		t.Errorf("expected are %s, want what runs with a restart policy, without the watchdog and the ignored container", got)
	}
}

// Text from outside stays in its line and contains no control characters.
func TestTextFromOutsideStaysInItsComment(t *testing.T) {
	h := host()
	for i := range h.Containers {
		h.Containers[i].Image, h.Containers[i].Name = "x\ndependencies: [\x1b[31m", "a\"\n\u202eb"
	}
	text := discover.YAML(h)
	if strings.ContainsAny(text, "\x1b\u202e") || strings.Contains(text, "\ndependencies: [") {
		t.Errorf("got\n%q", text)
	}
}

// The file for an empty host is valid, too.
func TestAnEmptyHost(t *testing.T) {
	load(t, discover.YAML(discover.Host{}))
}

// A container is reached by its name in a shared network, by its published port from the host, and
// otherwise not at all.
func TestReach(t *testing.T) {
	c := container.Found{Name: "db-1", Service: "db", Networks: in("app"), Ports: []container.Port{{Number: 5432, Published: 15432}}}
	onHost := container.Found{Name: "db", OnHost: true}
	for _, test := range []struct {
		reach discover.Address
		c     container.Found
		want  string
	}{
		{discover.Addresses([]string{"app"}, true), c, "db:5432"},
		{discover.Addresses([]string{"other"}, true), c, ""},
		{discover.Addresses([]string{"bridge"}, true), container.Found{Name: "db", Networks: in("bridge")}, ""},
		{discover.Addresses(nil, false), c, "127.0.0.1:15432"},
		{discover.Addresses(nil, false), onHost, "127.0.0.1:5432"},
		{discover.Addresses(nil, false), container.Found{Name: "db", Networks: in("app")}, ""},
	} {
		if got := test.reach(test.c, 5432); got != test.want {
			t.Errorf("%+v: got %q, want %q", test.c, got, test.want)
		}
	}
}

// An answer to /metrics is an envelope, Prometheus text, or neither.
func TestForm(t *testing.T) {
	for text, want := range map[string][2]bool{
		"{\"schema_version\": 1, \"queue\": {}}":            {true, false},
		"\ufeff {\"schema_version\": 2}":                    {true, false},
		"{\"status\": \"ok\"}":                              {false, false},
		"{\"schema_version\": 0}":                           {false, false},
		"# HELP up x\n# TYPE up gauge\nup{job=\"a b\"} 1\n": {false, true},
		"go_goroutines 7.5e1\n":                             {false, true},
		"<html><body>hello</body></html>":                   {false, false},
		"":                                                  {false, false},
	} {
		if envelope, plain := discover.Form([]byte(text)); [2]bool{envelope, plain} != want {
			t.Errorf("%q: got %t, %t", text, envelope, plain)
		}
	}
}

// A proposal follows from the healthcheck, else from the image, else from a port.
func TestPropose(t *testing.T) {
	for _, test := range []struct {
		c    container.Found
		want string
	}{
		{container.Found{Image: "nginx", Health: "CMD wget -q http://127.0.0.1/ok"}, `http: {url: "http://x:80/ok"}`},
		{container.Found{Image: "redis", Health: "CMD redis-cli ping"}, `redis: {addr: "x:6379"}`},
		{container.Found{Image: "mariadb-server:11"}, `tcp: {addr: "x:3306"}`},
		{container.Found{Image: "own", Ports: []container.Port{{Number: 8443}}}, `tls: {addr: "x:8443"}`},
		{container.Found{Image: "own", Ports: []container.Port{{Number: 5432}}}, `tcp: {addr: "x:5432"}`},
		{container.Found{Image: "redistribute", Ports: []container.Port{{Number: 4711}}}, ""},
	} {
		test.c.Name, test.c.Running, test.c.Networks = "x", true, in("app")
		if p, ok := discover.Propose(test.c, inNetwork); p.Check != test.want || ok != (test.want != "") {
			t.Errorf("%+v: got %q, %t; want %q", test.c, p.Check, ok, test.want)
		}
	}
	if !slices.IsSortedFunc(host().Dependencies, func(a, b discover.Proposal) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("the proposals are not in the order of the containers")
	}
}
