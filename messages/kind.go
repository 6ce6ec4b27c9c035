package messages

// Kind describes one kind of signal: the table below is the one source for the
// core's special cases, for docs/signals.md and for the help of commands.
type Kind struct {
	Name     string
	Instance string // what the instance names (NAME, MOUNT, …); empty for a kind without one
	Severity string // as the contract words it: "critical", "warning", "warning/critical", "as set"
	OneShot  bool   // an observation of it means: it happened
	Unit     string // of its values, where they have one
	Network  bool   // seen over the network: news of it is held while watchdog_offline is up
	Active   string // when it is active, with the defaults
}

// Kinds lists every kind of signal in the order of the contract, section 3.
var Kinds = []Kind{
	{Name: "orch_down", Severity: "critical", Network: true, Active: "no valid answer from the orchestrator's /metrics: refused, timeout, not 2xx, too large, not an envelope"},
	{Name: "orch_stale", Severity: "warning", Unit: "s", Network: true, Active: "the envelope's generated_at is older than WATCHDOG_ORCH_STALE (5m)"},
	{Name: "orch_rule", Instance: "NAME", Severity: "as set", Active: "a rule over the envelope holds"},
	{Name: "docker_down", Severity: "critical", Active: "the Docker API does not answer"},
	{Name: "container_down", Instance: "NAME", Severity: "critical", Active: "stopped without being asked to: non-zero exit, dead, or could not be started; an operator's stop is no crash, exit code 0 never is"},
	{Name: "container_crashed", Instance: "NAME", Severity: "critical", OneShot: true, Active: "ended by itself with a non-zero code and was removed at once (--rm)"},
	{Name: "container_missing", Instance: "NAME", Severity: "critical", Active: "expected, and not there or not running"},
	{Name: "container_unhealthy", Instance: "NAME", Severity: "warning", Active: "its own healthcheck says unhealthy"},
	{Name: "container_restarting", Instance: "NAME", Severity: "warning", Active: "5 starts within 20 min, of whichever container bore the name; over after 10 min without one; it outlives removal"},
	{Name: "container_oom", Instance: "NAME", Severity: "critical", OneShot: true, Active: "something in it was killed for memory, and it goes on or was started again; where it ended by that, container_down says so, alone"},
	{Name: "container_memory", Instance: "NAME", Severity: "warning", Unit: "%", Active: "memory that the kernel can't take back (usage less file cache) above 90 % of its limit, clear at 85 %; unknown while it does not run"},
	{Name: "host_memory", Severity: "warning/critical", Unit: "%", Active: "used memory (1 − what can be had / MemTotal; MemAvailable, and what ZFS gives back) above 92 / 97 %, clear at 88 %"},
	{Name: "host_load", Severity: "warning", Active: "15-minute load above 2 × cores"},
	{Name: "host_pressure", Instance: "cpu|memory|io", Severity: "warning", Unit: "%", Active: "PSI some avg60 above 60 % (memory: full above 10 %)"},
	{Name: "host_oom", Severity: "warning", OneShot: true, Active: "the kernel's oom_kill counter rose"},
	{Name: "host_inodes", Instance: "MOUNT", Severity: "warning/critical", Unit: "%", Active: "used inodes above 90 / 97 %"},
	{Name: "host_disk_ceiling", Instance: "MOUNT", Severity: "critical", Unit: "%", Active: "opt-in: used space above the ceiling (97 %)"},
	{Name: "host_disk_eta", Instance: "MOUNT", Severity: "warning/critical", Unit: "h", Active: "opt-in: full in under 8 h / 2 h at the pace of the last hour"},
	{Name: "host_readonly", Instance: "MOUNT", Severity: "critical", Active: "a file system that was writable is read-only now"},
	{Name: "host_raid", Instance: "NAME", Severity: "critical", Active: "an md array is degraded or failed; a ZFS pool is not ONLINE"},
	{Name: "host_fds", Severity: "warning", Unit: "%", Active: "open files above 90 % of file-max"},
	{Name: "host_clock", Severity: "warning", Unit: "s", Active: "our clock and the median of the peers' Date headers differ by over 30 s"},
	{Name: "dep_down", Instance: "NAME", Severity: "critical", Unit: "s", Network: true, Active: "a dependency does not answer as it should"},
	{Name: "dep_slow", Instance: "NAME", Severity: "warning", Unit: "s", Network: true, Active: "slower than its slow, where set"},
	{Name: "dep_cert", Instance: "NAME", Severity: "warning/critical", Unit: "%", Network: true, Active: "less than 1/5 / 1/10 of the certificate's own lifetime left; expired is critical"},
	{Name: "watchdog_probe", Instance: "NAME", Severity: "warning", Active: "a probe of our own hangs, or panics again and again"},
	{Name: "watchdog_core", Severity: "critical", OneShot: true, Active: "the decision core panicked on a message, which was dropped; the state is kept"},
	{Name: "watchdog_delivery", Instance: "CHANNEL", Severity: "critical", Active: "a channel refuses for good, has failed for 5 min, or can't be told one piece of news"},
	{Name: "watchdog_blind", Severity: "warning", Active: "signals that were judged before have had no data for 15 min, where nothing else says why; the detail names them"},
	{Name: "watchdog_offline", Severity: "warning", Active: "our own uplink is down: all witnesses fail together with a target"},
}

var kindsByName = func() map[string]Kind {
	m := make(map[string]Kind, len(Kinds))
	for _, k := range Kinds {
		m[k.Name] = k
	}
	return m
}()

// KindOf gives the description of a key's kind; ok is false for a kind that is
// not in the table (a replayed log may hold any).
func KindOf(k Key) (kind Kind, ok bool) {
	kind, ok = kindsByName[k.Kind()]
	return kind, ok
}

// Handbook is where the kind's signals are explained to people: a path in the
// repository. A test holds every kind to have that section.
func (k Kind) Handbook() string { return "docs/operations.md#" + k.Name }

// OneShot tells whether an observation of the signal means: it happened.
func (k Key) OneShot() bool { return kindsByName[k.Kind()].OneShot }
