package check

import (
	"slices"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/config"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor/assembly"
)

// settings loads settings from an environment, and from a YAML text if it is not empty.
func settings(t *testing.T, yaml string, environ ...string) *config.Config {
	t.Helper()
	if yaml != "" {
		environ = append(environ, "WATCHDOG_CONFIG=/watchdog.yaml")
	}
	c, _, err := assembly.Load(config.Source{Environ: environ, Hostname: "web-1", ReadFile: func(string) ([]byte, error) { return []byte(yaml), nil }})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func off1(t *testing.T, c *config.Config, there ...string) []string {
	t.Helper()
	parts, err := assembly.Probes(c, assembly.NewShared(time.Now))
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, n := range Off(c, parts, func(path string) bool { return slices.Contains(there, path) }) {
		texts = append(texts, n.Text)
	}
	return texts
}

// What is off is listed with what would switch it on; what is on is not listed.
func TestWhatIsOffIsListed(t *testing.T) {
	const everything = `
orchestrator: {url: "http://o:8000/metrics"}
dependencies: [{name: a, http: {url: "http://a/"}}, {name: b, http: {url: "http://b/"}}]
host: {disk_ceiling: {enabled: true}, disk_eta: {enabled: true}}
witness: {urls: ["http://w/"]}
`
	for _, c := range []struct {
		environ []string
		want    string // the start of a line
		how     string
	}{
		{[]string{"WATCHDOG_ENABLED=false"}, "the daemon: off, as WATCHDOG_ENABLED is false", "set it to true"},
		{[]string{"WATCHDOG_DOCKER_HOST=off"}, "docker_down and container_*: off, as WATCHDOG_DOCKER_HOST is off", "unix:///var/run/docker.sock"},
		{[]string{"WATCHDOG_HOST_ENABLED=false"}, "host_*: off, as WATCHDOG_HOST_ENABLED is false", "set it to true"},
		{[]string{"WATCHDOG_DISK_CEILING_ENABLED=false"}, "host_disk_ceiling: opt-in", "WATCHDOG_DISK_CEILING_ENABLED=true"},
	} {
		got := off1(t, settings(t, everything, c.environ...))
		if len(got) != 1 || !strings.HasPrefix(got[0], c.want) || !strings.Contains(got[0], c.how) {
			t.Errorf("%v: %q, want one line %q… with %q", c.environ, got, c.want, c.how)
		}
	}
	if got := off1(t, settings(t, everything)); len(got) != 0 {
		t.Errorf("with everything on: %q", got)
	}
	got := strings.Join(off1(t, settings(t, "")), "\n")
	for _, want := range []string{"orch_*: off, as WATCHDOG_ORCH_URL is not set", "dep_*: opt-in", "host_clock: opt-in, by 3 peers", "host_disk_eta: opt-in", "watchdog_offline: opt-in, by WATCHDOG_WITNESS_URLS"} {
		if !strings.Contains(got, want) {
			t.Errorf("with the defaults %q is not in\n%s", want, got)
		}
	}
}

// In a container, the note about its own /proc appears unless the path was set.
func TestAContainersOwnProcIsNotTheHosts(t *testing.T) {
	says := func(c *config.Config, there ...string) bool {
		return strings.Contains(strings.Join(off1(t, c, there...), "\n"), "-v /proc:/host/proc:ro")
	}
	if assembly.ProcPath(settings(t, "")) != "/proc" {
		t.Skip("this machine has a /host/proc")
	}
	if c := settings(t, ""); says(c) || !says(c, "/.dockerenv") {
		t.Error("want the note only in a container")
	}
	if says(settings(t, "", "WATCHDOG_HOST_PROC=/proc"), "/.dockerenv") {
		t.Error("want no note if the path was set")
	}
}

// A note names the signals that are off by key, kind or family.
func TestWhichSignalANoteSwitchesOff(t *testing.T) {
	for _, c := range []struct {
		off  []string
		key  messages.Key
		want bool
	}{
		{[]string{"host_pressure"}, "host_pressure:io", true},
		{[]string{"host_memory", "host_load"}, "host_load", true},
		{[]string{"host_*"}, "host_oom", true},
		{[]string{"docker_down", "container_*"}, "container_down:a", true},
		{[]string{"host_inodes:/data"}, "host_inodes:/data", true},
		{[]string{"host_inodes:/data"}, "host_inodes:/", false},
		{[]string{"host_disk_eta"}, "host_disk_eta:/", true},
		{[]string{"host_disk_eta"}, "host_memory", false},
		{nil, "watchdog_delivery:log", false},
	} {
		if got := (Note{Off: c.off}).isOff(c.key); got != c.want {
			t.Errorf("%q switches off %s: %t, want %t", c.off, c.key, got, c.want)
		}
	}
}

// A default rule whose field is missing is listed as off, and is no failure; one whose field has
// another type is a failure.
func TestADefaultRuleThatIsOffIsListed(t *testing.T) {
	r := scraped(t, `"queue_depth":3`)
	if len(r.Notes) != 1 || !strings.Contains(r.Notes[0].Text, "orch_rule:stuck (no jobs.done_total and no queue.depth)") || shown(r) != "ok orch_down" || !r.Well() {
		t.Errorf("%s, %v; want only orch_down, and a note of what is off", shown(r), r.Notes)
	}
	r = scraped(t, `"queue":{"depth":"3"},"jobs":{"done_total":1}`)
	if i := r.index("orch_rule:queue_not_falling"); i < 0 || r.Well() || !strings.Contains(r.Findings[i].Detail, `a string ("3")`) {
		t.Errorf("%s; want a failure that names the type", shown(r))
	}
}
