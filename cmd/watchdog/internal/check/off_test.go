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

// settings reads settings from an environment, and from a file if a text is given.
func settings(t *testing.T, yaml string, environ ...string) *config.Config {
	t.Helper()
	if yaml != "" {
		environ = append(environ, "WATCHDOG_CONFIG=/watchdog.yaml")
	}
	c, _, err := config.Load(config.Source{Environ: environ, Hostname: "web-1", ReadFile: func(string) ([]byte, error) { return []byte(yaml), nil }})
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
	return Off(c, parts, func(path string) bool { return slices.Contains(there, path) })
}

// What is switched off is listed with what would switch it on, and not where it is on.
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

// Inside of a container its own /proc is not the host's, unless it was named.
func TestAContainersOwnProcIsNotTheHosts(t *testing.T) {
	says := func(c *config.Config, there ...string) bool {
		return strings.Contains(strings.Join(off1(t, c, there...), "\n"), "-v /proc:/host/proc:ro")
	}
	if assembly.ProcPath(settings(t, "")) != "/proc" {
		t.Skip("this machine has a /host/proc")
	}
	if c := settings(t, ""); says(c) || !says(c, "/.dockerenv") {
		t.Error("want the line inside of a container alone")
	}
	if says(settings(t, "", "WATCHDOG_HOST_PROC=/proc"), "/.dockerenv") {
		t.Error("want no line where the path was set")
	}
}

// A note belongs to the signals that it says are off.
func TestWhichSignalANoteSwitchesOff(t *testing.T) {
	for _, c := range []struct {
		note string
		key  messages.Key
		want bool
	}{
		{"host_pressure: off, as the kernel gives no PSI; to switch it on, boot another", "host_pressure:io", true},
		{"host_memory, host_load and host_fds: off, as x; to switch it on, y", "host_load", true},
		{"host_*: off, as WATCHDOG_HOST_ENABLED is false; to switch it on, z", "host_oom", true},
		{"host_*: reads the /proc of this container", "host_oom", false},
		{"docker_down and container_*: off, as x; to switch it on, y", "container_down:a", true},
		{"the mount /data: off, as x; to switch it on, y", "host_inodes:/data", true},
		{"the mount /data: off, as x; to switch it on, y", "host_inodes:/", false},
		{"host_disk_eta: opt-in, by z", "host_disk_eta:/", true},
		{"host_disk_eta: opt-in, by z", "host_memory", false},
		{"no WATCHDOG_TELEGRAM_TOKEN: notifications go to the log alone", "watchdog_delivery:log", false},
	} {
		if got := isOff(c.note, c.key); got != c.want {
			t.Errorf("%q switches off %s: %t, want %t", c.note, c.key, got, c.want)
		}
	}
}
