package replay_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/cmd/watchdog/internal/replay"
	"orchestrator-watchdog/messages"
)

func settings() *core.Settings {
	return &core.Settings{
		Tick:     15 * time.Second,
		Defaults: core.Policy{Enabled: true, RaiseTicks: 2, ClearTicks: 2, Cooldown: time.Hour},
		Rules:    core.BuiltinRules(),
	}
}

// run replays a log and returns what was told, one line each, and the summary.
func run(t *testing.T, log string, fill bool) ([]string, replay.Summary) {
	t.Helper()
	return runWith(t, log, replay.Options{Fill: fill})
}

func runWith(t *testing.T, log string, o replay.Options) ([]string, replay.Summary) {
	t.Helper()
	var told []string
	o.Settings, o.Unreadable = settings(), func(int, error) {}
	o.Told = func(e core.Told) {
		n := e.Notification
		told = append(told, fmt.Sprintf("%s %s %s %s", n.At.Format(time.TimeOnly), n.News, n.Signal, n.Level))
	}
	sum, err := replay.Run(strings.NewReader(log), o)
	if err != nil {
		t.Fatal(err)
	}
	return told, sum
}

func line(at, signal, state string) string {
	return fmt.Sprintf(`{"ts":"2026-01-01T%sZ","level":"info","msg":"observation","actor":"core","signal":%q,"state":%q,"detail":"d"}`+"\n", at, signal, state)
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("told:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Every line is one observation, in the log's own time.
func TestEveryLineIsOneObservation(t *testing.T) {
	told, _ := run(t, line("00:00:00", "dep_down:db", "critical")+line("00:00:15.25", "dep_down:db", "critical")+
		line("00:00:30", "dep_down:db", "ok")+line("00:00:45", "dep_down:db", "ok"), false)
	expect(t, told, "00:00:15 ALERT dep_down:db critical", "00:00:45 RECOVERED dep_down:db ok")
}

// With fill, the last observation is repeated at every tick between the lines.
func TestFillObservesTheLastStateAtEveryTick(t *testing.T) {
	log := line("00:00:00", "dep_down:db", "critical") + line("00:01:00", "dep_down:db", "ok") + line("00:05:00", "orch_stale", "ok")
	told, _ := run(t, log, false)
	expect(t, told)
	told, sum := run(t, log, true)
	expect(t, told, "00:00:15 ALERT dep_down:db critical", "00:01:15 RECOVERED dep_down:db ok")
	if want := 3 + 16; sum.Filled != want {
		t.Errorf("%d observations filled in, want %d", sum.Filled, want)
	}
}

// Fill does not repeat a one-shot.
func TestFillDoesNotRepeatAOneShot(t *testing.T) {
	told, _ := run(t, line("00:00:00", "host_oom", "warning")+line("03:00:00", "orch_stale", "ok"), true)
	expect(t, told, "00:00:00 EVENT host_oom warning")
}

// Broken lines, a BOM, CRLF, a truncated line, other programs' lines and other events do not end a
// replay. Lines that can't be read are counted.
func TestWhatCantBeReadIsCounted(t *testing.T) {
	log := "\xef\xbb\xbf" + strings.TrimSuffix(line("00:00:00", "dep_down:db", "critical"), "\n") + "\r\n" +
		"Listening on 8080\n\n" + `{"ts":"2026-01-01T00:00:01Z","msg":"sent","took_ms":3}` + "\n" +
		line("yesterday", "dep_down:db", "ok") + line("00:00:02", "dep_down:db", "fine") + line("00:00:03", "", "ok") +
		strings.Repeat("x", 3<<20) + "\n" + line("00:00:15", "dep_down:db", "critical") +
		`{"ts":"2026-01-01T00:00:30Z","msg":"observ`
	told, sum := run(t, log, false)
	expect(t, told, "00:00:15 ALERT dep_down:db critical")
	if sum.Unreadable != 6 || sum.Observations != 2 || sum.Lines != 10 {
		t.Errorf("got %+v, want 10 lines, 2 observations, 6 unreadable", sum)
	}
}

// A ts that goes back is taken as the latest time seen.
func TestATimeThatGoesBackIsTheLatestSeen(t *testing.T) {
	told, _ := run(t, line("01:00:00", "dep_down:db", "critical")+line("00:00:00", "dep_down:db", "critical"), false)
	expect(t, told, "01:00:00 ALERT dep_down:db critical")
}

// The order of observations of the same time does not matter: inhibition works in both
// orders.
func TestTheOrderWithinATickDoesNotMatter(t *testing.T) {
	var forth, back strings.Builder
	for _, at := range []string{"00:00:00", "00:00:15", "00:00:30"} {
		rule, down := line(at, "orch_rule:q", "warning"), line(at, "orch_down", "critical")
		if at == "00:00:00" {
			rule = line(at, "orch_rule:q", "ok")
		}
		forth.WriteString(down + rule)
		back.WriteString(rule + down)
	}
	first, _ := run(t, forth.String(), false)
	second, _ := run(t, back.String(), false)
	expect(t, first, "00:00:30 ALERT orch_down critical")
	expect(t, second, first...)
}

// The fast scanner reads a line as encoding/json does, or refuses it.
func FuzzLine(f *testing.F) {
	f.Add(strings.TrimSpace(line("00:00:00", "dep_down:db", "critical")))
	f.Add(`{"ts":"2026-01-01T00:00:00Z","msg":"observation","signal":"a","state":"ok","value":1.5e3,"x":[1],"detail":"\u00e4"}`)
	f.Add(`{"msg":"observation","msg":"sent"}`)
	f.Add(`{ }`)
	f.Fuzz(func(t *testing.T, text string) {
		if err := replay.Compare([]byte(text)); err != nil {
			t.Error(err)
		}
	})
}

// The speed of a log with many signals.
func BenchmarkReplay(b *testing.B) {
	var log bytes.Buffer
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	const n = 100_000
	for i := range n {
		_ = json.NewEncoder(&log).Encode(map[string]any{
			"ts": at.Add(time.Duration(i/100) * 15 * time.Second).Format(time.RFC3339Nano), "level": "info", "msg": "observation", "actor": "core",
			"signal": fmt.Sprintf("dep_down:service-%d", i%100), "state": messages.Level(i / 1000 % 2).String(), "value": 1.5, "detail": "answers in 3 ms", "probe": "dep:x",
		})
	}
	b.SetBytes(int64(log.Len()))
	b.ReportAllocs()
	for b.Loop() {
		sum, err := replay.Run(io.Reader(bytes.NewReader(log.Bytes())), replay.Options{Settings: settings(), Told: func(core.Told) {}, Unreadable: func(int, error) {}})
		if err != nil || sum.Observations != n {
			b.Fatal(err, sum.Observations)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "observations/s")
}

func event(at, msg, fields string) string {
	return fmt.Sprintf(`{"ts":"2026-01-01T%sZ","level":"info","msg":%q,"actor":"core",%s}`+"\n", at, msg, fields)
}

// A prefix that Compose, `docker logs -t` or a journal puts before a line is skipped, even with
// braces in it.
func TestWhatStandsBeforeALineIsPassedOver(t *testing.T) {
	told, sum := run(t, "\x1b[36mwatchdog_1  |\x1b[0m "+line("00:00:00", "dep_down:db", "critical")+
		"{web{1}} | {\"a\": "+line("00:00:15", "dep_down:db", "critical"), false)
	expect(t, told, "00:00:15 ALERT dep_down:db critical")
	if sum.Unreadable != 0 {
		t.Errorf("%d unreadable lines", sum.Unreadable)
	}
}

// A retired signal is told as recovered, and is not filled in any more.
func TestARetiredSignalIsGone(t *testing.T) {
	log := line("00:00:00", "dep_down:db", "critical") + line("00:00:15", "dep_down:db", "critical") +
		event("00:00:20", "retired", `"signal":"dep_down:db"`) + line("03:00:00", "host_load", "ok")
	for _, fill := range []bool{false, true} {
		told, _ := run(t, log, fill)
		expect(t, told, "00:00:15 ALERT dep_down:db critical", "00:00:20 RECOVERED dep_down:db ok")
	}
}

// After a restart without a snapshot nothing is known. With a snapshot, what was told is known, and
// counts start over.
func TestARestart(t *testing.T) {
	const before, after = "00:00:15 ALERT dep_down:db critical", "00:01:15 ALERT dep_down:db critical"
	bad := line("00:00:00", "dep_down:db", "critical") + line("00:00:15", "dep_down:db", "critical")
	again := line("00:01:00", "dep_down:db", "critical") + line("00:01:15", "dep_down:db", "critical")
	told, _ := run(t, bad+event("00:00:30", "started", `"restored":false`)+again, false)
	expect(t, told, before, after)
	told, _ = run(t, bad+event("00:00:30", "started", `"restored":true`)+again, false)
	expect(t, told, before)
}

// After a restart news waits for the first reports of the probes that the line names, not for
// others that were seen before, such as the core itself.
func TestARestartWaitsForItsOwnProbes(t *testing.T) {
	const key = "container_restarting:web"
	by := func(at, probe, signal, state string) string {
		return event(at, "observation", fmt.Sprintf(`"signal":%q,"state":%q,"probe":%q`, signal, state, probe))
	}
	log := by("00:00:00", "core", "watchdog_delivery:log", "ok") + by("00:00:00", "docker", key, "warning") + by("00:00:15", "docker", key, "warning") +
		event("00:00:30", "started", `"restored":true,"watches":["docker"]`) +
		by("00:00:31", "docker", key, "ok") + by("00:00:32", "docker", key, "ok") + by("00:00:46", "docker", key, "ok")
	told, _ := run(t, log, false)
	expect(t, told, "00:00:15 ALERT "+key+" warning", "00:00:32 RECOVERED "+key+" ok")
}

// Requests of people count, unless they are ignored. A silence keeps the id of the log.
func TestWhatPeopleAskedForIsObeyed(t *testing.T) {
	log := line("00:00:00", "dep_down:db", "critical") + line("00:00:15", "dep_down:db", "critical") +
		event("00:01:00", "acknowledged", `"signal":"dep_down:db","by":"Ann","channel":"telegram"`) +
		event("00:01:00", "silenced", `"id":"s7","signals":["host_*"],"until":"2026-01-01T00:30:00Z","by":"Ann","reason":""`) +
		event("00:01:00", "silenced", `"id":"s9","signals":["orch_*"],"until":"2026-01-01T09:00:00Z","by":"Ann","reason":"night"`) +
		line("00:02:00", "host_load", "warning") + line("00:02:15", "host_load", "warning") +
		line("00:03:00", "orch_stale", "warning") + line("00:03:15", "orch_stale", "warning") +
		event("00:20:00", "unsilenced", `"id":"s9","by":"Bob"`) + line("00:20:00", "orch_stale", "warning") +
		line("00:29:59", "host_load", "warning") + line("00:30:00", "host_load", "warning") +
		line("02:00:00", "dep_down:db", "critical")
	told, sum := run(t, log, false)
	expect(t, told, "00:00:15 ALERT dep_down:db critical", "00:20:00 ALERT orch_stale warning", "00:30:00 ALERT host_load warning")
	if sum.Unreadable != 0 {
		t.Errorf("%d unreadable lines", sum.Unreadable)
	}
	told, _ = runWith(t, log, replay.Options{IgnoreOperators: true})
	expect(t, told, "00:00:15 ALERT dep_down:db critical", "00:02:15 ALERT host_load warning", "00:03:15 ALERT orch_stale warning",
		"02:00:00 STILL dep_down:db critical")
}

// An invalid line about a request is counted as unreadable.
func TestRequestsThatCantBeReadAreCounted(t *testing.T) {
	for _, l := range []string{
		event("00:00:00", "acknowledged", `"by":"Ann"`), event("00:00:00", "silenced", `"id":"s1","until":"2026-01-01T00:30:00Z"`),
		event("00:00:00", "silenced", `"id":"s1","signals":["*"],"until":"soon"`), event("00:00:00", "silenced", `"id":"s1","signals":"*"`),
		event("00:00:00", "unsilenced", `"id":3`), `{"msg":"acknowledged","ts":"now","signal":"a"}` + "\n",
	} {
		if _, sum := run(t, l, false); sum.Unreadable != 1 {
			t.Errorf("%s is read", l)
		}
	}
	if _, sum := run(t, `{"msg":"sent","id":3,"signals":"many","until":1}`+"\n", false); sum.Unreadable != 0 {
		t.Error("a line of another event is counted as unreadable")
	}
}

// A renamed signal is one trouble.
func TestARename(t *testing.T) {
	told, _ := run(t, line("00:00:00", "container_down:web", "critical")+line("00:00:15", "container_down:web", "critical")+
		event("00:00:20", "renamed", `"signal":"container_down:web","to":"container_down:shop"`)+
		line("00:00:30", "container_down:shop", "ok")+line("00:00:45", "container_down:shop", "ok"), false)
	if len(told) != 2 || !strings.HasSuffix(told[1], "RECOVERED container_down:shop ok") {
		t.Errorf("got %v", told)
	}
}

// With channels the routes are followed.
func TestRoutesAreFollowed(t *testing.T) {
	log := ""
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 100 { // 25 minutes
		log += line(at.Add(time.Duration(i)*15*time.Second).Format(time.TimeOnly), "dep_down:db", "critical")
	}
	log += line("00:25:00", "dep_down:db", "ok") + line("00:25:15", "dep_down:db", "ok")
	settings := &core.Settings{
		Tick: 15 * time.Second, Defaults: core.Policy{Enabled: true, RaiseTicks: 2, ClearTicks: 2, Cooldown: time.Hour, Flapping: core.DefaultFlapping},
		Routes: map[string]*core.Route{"phone": {After: 15 * time.Minute}, "host": {Signals: []string{"host_*"}}},
	}
	var told []string
	_, err := replay.Run(strings.NewReader(log), replay.Options{
		Settings: settings, Channels: []string{"log", "phone", "host"}, Told: func(core.Told) {}, Unreadable: func(int, error) {},
		OnChannel: func(channel string, n messages.Notification) {
			told = append(told, fmt.Sprintf("%s %s %s", n.At.Format(time.TimeOnly), channel, n.News))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	expect(t, told, "00:00:15 log ALERT", "00:15:15 phone ALERT", "00:25:15 log RECOVERED", "00:25:15 phone RECOVERED")
}
