package messages

import (
	"math"
	"strconv"
	"strings"
)

// Kind describes one kind of signal. The table below is the only source for the
// core's special cases, docs/signals.md and the help of commands.
type Kind struct {
	Name     string
	Instance string // what the instance names (NAME, MOUNT, …); empty for a kind without one
	Severity string // for people: "critical", "warning", "warning/critical", "as set"
	OneShot  bool   // an observation above ok means that the event happened
	Unit     string // of its values; empty: none
	Active   string // when it is active; {raise}, {clear} and {critical} stand for those of Limit
	Limit    Threshold

	Probe   string // the probe that observes it, or the prefix of one probe per instance; empty: the watchdog itself
	Failure bool   // above ok means that its probe could read nothing
	Network bool   // observed over the network: watchdog_offline inhibits it

	RaiseTicks, ClearTicks uint16   // 0: those of the settings
	InhibitedBy            []string // default key globs; {instance} stands for the signal's own

	OptIn  string // how to switch it on, for people; empty: it is on whenever its probe is
	Switch string // the setting that must be true; empty: none
}

// Kinds lists every kind of signal in the order of docs/signals.md.
var Kinds = []Kind{
	{Name: "orch_down", Severity: "critical", Probe: "orchestrator", Failure: true, Network: true, RaiseTicks: 3,
		Active: "no valid answer from the orchestrator's /metrics: refused, timeout, not 2xx, too large, not an envelope"},
	{Name: "orch_stale", Severity: "warning", Unit: "s", Probe: "orchestrator", Network: true, InhibitedBy: []string{"orch_down"},
		Active: "the envelope's generated_at is older than WATCHDOG_ORCH_STALE (5m)"},
	{Name: "orch_rule", Instance: "NAME", Severity: "as set", Probe: "orchestrator", InhibitedBy: []string{"orch_down"},
		Active: "a rule over the envelope holds"},
	{Name: "docker_down", Severity: "critical", Probe: "docker", Failure: true,
		Active: "the Docker API does not answer"},
	{Name: "container_down", Instance: "NAME", Severity: "critical", Probe: "docker", InhibitedBy: []string{"docker_down"},
		Active: "stopped without being asked to: non-zero exit, dead, or could not be started; an operator's stop is no crash, exit code 0 never is"},
	{Name: "container_crashed", Instance: "NAME", Severity: "critical", OneShot: true, Probe: "docker", InhibitedBy: []string{"docker_down"},
		Active: "ended by itself with a non-zero code and was removed at once (--rm)"},
	{Name: "container_missing", Instance: "NAME", Severity: "critical", Probe: "docker", InhibitedBy: []string{"container_down:{instance}", "docker_down"},
		Active: "expected, and not there or not running"},
	{Name: "container_unhealthy", Instance: "NAME", Severity: "warning", Probe: "docker", InhibitedBy: []string{"container_down:{instance}", "docker_down"},
		Active: "its own healthcheck says unhealthy"},
	{Name: "container_restarting", Instance: "NAME", Severity: "warning", Probe: "docker", InhibitedBy: []string{"docker_down"},
		Active: "5 starts within 20 min, of all containers of that name together; over after 10 min without one; it outlives removal"},
	{Name: "container_oom", Instance: "NAME", Severity: "critical", OneShot: true, Probe: "docker", InhibitedBy: []string{"docker_down"},
		Active: "something in it was killed for memory, and it goes on or was started again; where it ended by that, container_down says so, alone"},
	{Name: "container_memory", Instance: "NAME", Severity: "warning", Unit: "%", Probe: "docker", InhibitedBy: []string{"container_down:{instance}", "docker_down"}, Limit: Threshold{Raise: 90, Clear: 85},
		Active: "memory that the kernel can't take back (usage less file cache) above {raise} % of its limit, clear at {clear} %; unknown while it does not run"},
	{Name: "host_memory", Severity: "warning/critical", Unit: "%", Probe: "host", Limit: Threshold{Raise: 92, Clear: 88, RaiseCritical: 97},
		Active: "used memory (1 − available / MemTotal; available: MemAvailable, and what ZFS can give back) above {raise} / {critical} %, clear at {clear} %"},
	{Name: "host_load", Severity: "warning", Probe: "host", Limit: Threshold{Raise: 2, Clear: 1.8},
		Active: "15-minute load above {raise} × cores"},
	{Name: "host_pressure", Instance: "cpu|memory|io", Severity: "warning", Unit: "%", Probe: "host", Limit: Threshold{Raise: 60, Clear: 50},
		Active: "PSI some avg60 above {raise} % (memory: full above 10 %)"},
	{Name: "host_oom", Severity: "warning", OneShot: true, Probe: "host",
		Active: "the kernel's oom_kill counter rose"},
	{Name: "host_inodes", Instance: "MOUNT", Severity: "warning/critical", Unit: "%", Probe: "mount", Limit: Threshold{Raise: 90, Clear: 88, RaiseCritical: 97},
		Active: "used inodes above {raise} / {critical} %"},
	{Name: "host_disk_ceiling", Instance: "MOUNT", Severity: "critical", Unit: "%", Probe: "mount", OptIn: "WATCHDOG_DISK_CEILING_ENABLED=true", Switch: "WATCHDOG_DISK_CEILING_ENABLED",
		Active: "opt-in: used space above the ceiling (97 %)"},
	{Name: "host_disk_eta", Instance: "MOUNT", Severity: "warning/critical", Unit: "h", Probe: "mount", Limit: Threshold{Raise: -8, Clear: -12, RaiseCritical: -2}, OptIn: "host.disk_eta.enabled: true in the YAML file", Switch: "host.disk_eta.enabled",
		Active: "opt-in: full in under {raise} h / {critical} h at the pace of the last hour"},
	{Name: "host_readonly", Instance: "MOUNT", Severity: "critical", Probe: "mount",
		Active: "a file system that was writable is read-only now"},
	{Name: "host_raid", Instance: "NAME", Severity: "critical", Probe: "host",
		Active: "an md array is degraded or failed; a ZFS pool is not ONLINE"},
	{Name: "host_fds", Severity: "warning", Unit: "%", Probe: "host", Limit: Threshold{Raise: 90, Clear: 85},
		Active: "open files above {raise} % of file-max"},
	{Name: "host_clock", Severity: "warning", Unit: "s", Probe: "clock", Limit: Threshold{Raise: 30, Clear: 25}, OptIn: "3 peers that speak HTTP, the orchestrator among them",
		Active: "our clock and the median of the peers' Date headers differ by over {raise} s"},
	{Name: "dep_down", Instance: "NAME", Severity: "critical", Unit: "s", Probe: "dep", Failure: true, Network: true, OptIn: "dependencies in the YAML file",
		Active: "a dependency does not answer as it should"},
	{Name: "dep_slow", Instance: "NAME", Severity: "warning", Unit: "s", Probe: "dep", Network: true, OptIn: "dependencies in the YAML file",
		Active: "slower than its slow, where set"},
	{Name: "dep_cert", Instance: "NAME", Severity: "warning/critical", Unit: "%", Probe: "dep", Network: true, OptIn: "dependencies in the YAML file",
		Active: "less than 1/5 / 1/10 of the certificate's own lifetime left; expired is critical"},
	{Name: "watchdog_probe", Instance: "NAME", Severity: "warning",
		Active: "a probe of our own hangs, or panics again and again"},
	{Name: "watchdog_core", Severity: "critical", OneShot: true,
		Active: "the decision core panicked on a message, which was dropped; the state is kept"},
	{Name: "watchdog_delivery", Instance: "CHANNEL", Severity: "critical", RaiseTicks: 1, ClearTicks: 1,
		Active: "a channel refuses for good, has failed for 5 min, or can't be told one piece of news"},
	{Name: "watchdog_blind", Severity: "warning",
		Active: "signals that were judged before have had no data for 15 min, where nothing else says why; the detail names them"},
	{Name: "watchdog_offline", Severity: "warning", Probe: "witness", Failure: true, RaiseTicks: 1, OptIn: "WATCHDOG_WITNESS_URLS",
		Active: "our own uplink is down: all witnesses fail together with a target"},
}

var kindsByName = func() map[string]Kind {
	m := make(map[string]Kind, len(Kinds))
	for _, k := range Kinds {
		m[k.Name] = k
	}
	return m
}()

// KindOf returns the kind of a key; ok is false for a kind that is not in the table
// (a replayed log may hold any).
func KindOf(k Key) (kind Kind, ok bool) {
	kind, ok = kindsByName[k.Kind()]
	return kind, ok
}

// Glob returns the pattern that matches all signals of the kind.
func (k Kind) Glob() string {
	if k.Instance == "" {
		return k.Name
	}
	return k.Name + ":*"
}

// Inhibitors returns the globs of the signals that inhibit the kind by default.
func (k Kind) Inhibitors() []string {
	if k.Network {
		return append([]string{"watchdog_offline"}, k.InhibitedBy...)
	}
	return k.InhibitedBy
}

// ActiveWhen returns Active with the default thresholds filled in.
func (k Kind) ActiveWhen() string {
	// The thresholds of a value that is bad when it is low are negated.
	number := func(n float64) string { return strconv.FormatFloat(math.Abs(n), 'g', -1, 64) }
	return strings.NewReplacer("{raise}", number(k.Limit.Raise), "{clear}", number(k.Limit.Clear), "{critical}", number(k.Limit.RaiseCritical)).Replace(k.Active)
}

// LimitOf returns the default threshold of a kind.
func LimitOf(kind string) Threshold { return kindsByName[kind].Limit }

// Handbook returns the path and section of the document that explains the kind.
func (k Kind) Handbook() string { return "docs/operations.md#" + k.Name }

// OneShot reports whether an observation of the signal above ok is an event.
func (k Key) OneShot() bool { return kindsByName[k.Kind()].OneShot }

// OfContainer reports whether the instance of the signal is the name of a container.
func (k Key) OfContainer() bool { return kindsByName[k.Kind()].OfContainer() }

// OfContainer reports whether the instances of the kind are names of containers.
func (k Kind) OfContainer() bool { return k.Probe == "docker" && k.Instance != "" }
