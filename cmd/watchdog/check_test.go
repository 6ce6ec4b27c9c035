package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// checking runs `watchdog check` as a process, without Docker and the host.
func checking(t *testing.T, settings []string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := newCheck(settings, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run() // the exit code is checked
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func newCheck(settings []string, args ...string) *exec.Cmd {
	cmd := exec.Command("watchdog", append([]string{"check"}, args...)...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "WATCHDOG_DOCKER_HOST=off", "WATCHDOG_HOST_ENABLED=false"}, settings...)
	return cmd
}

// file writes a YAML file, and returns the variable that names it.
func file(t *testing.T, yaml string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "watchdog.yaml")
	if err := os.WriteFile(path, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	return "WATCHDOG_CONFIG=" + path
}

// answersWith returns the URL of an orchestrator that answers with these fields.
func answersWith(t *testing.T, fields string) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"schema_version":1,%s}`, fields)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/metrics"
}

// blackHole returns the address of a server that accepts connections and never answers.
func blackHole(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

// The exit code says whether all signals are ok; a rule that one pass can't judge is no failure.
func TestCheckExitsByWhatItSaw(t *testing.T) {
	const rules = `
orchestrator:
  url: %s
  default_rules: false
  rules:
    - {name: deep, field: queue.depth, raise: "> 100"}
    - {name: no_progress, field: jobs.done_total, of: increase, over: 15m, raise: "== 0"}
`
	for name, c := range map[string]struct {
		fields string
		code   int
		last   string
	}{
		"well":    {`"queue":{"depth":1},"jobs":{"done_total":7}`, exitWell, "3 signals: 1 pending, 2 ok"},
		"warning": {`"queue":{"depth":101},"jobs":{"done_total":7}`, exitNotWell, "3 signals: 1 warning, 1 pending, 1 ok"},
		"unknown": {`"queue":{"depth":1}`, exitNotWell, "3 signals: 1 unknown, 2 ok"},
		"down":    {`}`, exitNotWell, "1 signal: 1 critical"},
	} {
		t.Run(name, func(t *testing.T) {
			settings := []string{file(t, fmt.Sprintf(rules, answersWith(t, c.fields)))}
			out, errs, code := checking(t, settings)
			lines := strings.Split(strings.TrimSpace(out), "\n")
			if code != c.code || lines[len(lines)-1] != c.last || errs != "" {
				t.Errorf("exit code %d, want %d with %q\n%s%s", code, c.code, c.last, out, errs)
			}
			if strings.Contains(out, "\x1b") {
				t.Error("there is colour without a terminal")
			}
			out, _, code = checking(t, settings, "--json")
			var document struct{ OK bool }
			if err := json.Unmarshal([]byte(out), &document); err != nil || code != c.code || document.OK != (c.code == exitWell) {
				t.Errorf("JSON: exit code %d, %v\n%s", code, err, out)
			}
		})
	}
}

// Invalid settings and wrong usage end with 2, and no request is made.
func TestCheckRefusesWrongUsage(t *testing.T) {
	orch := newOrchestrator(t)
	orch.answers(func(http.ResponseWriter, *http.Request) { t.Error("the orchestrator was asked") })
	url := "WATCHDOG_ORCH_URL=" + orch.URL
	for _, c := range []struct {
		settings, args []string
		lines          []string // of standard error, in order
	}{
		{[]string{url, "WATCHDOG_TICK=x", "WATCHDOG_COOLDOWN=y"}, nil, []string{"WATCHDOG_TICK", "WATCHDOG_COOLDOWN"}},
		{[]string{file(t, "orchestrator: {url: \""+orch.URL+"\", rules: [{name: r, field: a..b, raise: \"> 1\"}]}\n")}, nil, []string{"watchdog.yaml:1"}},
		{[]string{url}, []string{"--nonsense"}, []string{"nonsense"}},
		{[]string{url}, []string{"--explain"}, []string{"needs an argument"}},
		{[]string{url}, []string{"orch_down"}, []string{"one argument too many"}},
		{[]string{url}, []string{"--explain", "dep_down:nobody"}, []string{`there is no signal "dep_down:nobody"; the nearest: `}},
	} {
		out, errs, code := checking(t, c.settings, c.args...)
		lines := strings.Split(strings.TrimSpace(errs), "\n")
		ok := slices.EqualFunc(lines, c.lines, strings.Contains)
		if code != exitUsage || out != "" || !ok {
			t.Errorf("%v: exit code %d, want 2 with %q\n%s%s", c.args, code, c.lines, out, errs)
		}
	}
}

// An unknown key ends with 2 and names the nearest keys.
func TestAnUnknownKeyNamesTheNearest(t *testing.T) {
	settings := []string{file(t, "orchestrator: {url: \""+answersWith(t, `"a":1`)+"\", rules: [{name: queue_stuck, field: a, raise: \"> 1\"}]}\n")}
	for _, key := range []string{"orch_rule:queue_stcuk", "queue_stuck"} {
		out, errs, code := checking(t, settings, "--explain", key)
		if code != exitUsage || out != "" || !strings.Contains(errs, "the nearest: orch_rule:queue_stuck") {
			t.Errorf("%s: exit code %d\n%s%s", key, code, out, errs)
		}
	}
}

// An explanation of a rule has all steps from the answer to the comparison, and the policy.
func TestARuleIsExplained(t *testing.T) {
	settings := []string{file(t, `
orchestrator: {url: "`+answersWith(t, `"queue":{"oldest_age_s":1200}`)+`", rules: [{name: old, field: queue.oldest_age_s, raise: "> 15m"}]}
signals: {"orch_rule:*": {raise_ticks: 4}}
`)}
	out, errs, code := checking(t, settings, "--explain", "orch_rule:old")
	for _, want := range []string{"orch_rule:old\n", "found by the path queue (an object), oldest_age_s (a number)", "20m0s > 15m: holds", "level           warning", `raise_ticks     4 (`, "watchdog.yaml:3:"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if code != exitNotWell || errs != "" {
		t.Errorf("exit code %d, %s", code, errs)
	}
}

// check ends even if targets accept the connection and never answer, and says which. How soon is
// tested by TestAPassEndsWhateverHangs.
func TestCheckEndsWhenTargetsHang(t *testing.T) {
	out, errs, code := checking(t, []string{"WATCHDOG_ORCH_URL=http://" + blackHole(t), "WATCHDOG_ORCH_TIMEOUT=300ms", file(t, `
dependencies:
  - {name: hole, timeout: 300ms, http: {url: "http://`+blackHole(t)+`/"}}
  - {name: cache, timeout: 300ms, redis: {addr: "`+blackHole(t)+`"}}
  - {name: names, timeout: 300ms, dns: {host: example.org, server: "`+blackHole(t)+`"}}
`)})
	for _, want := range []string{"orch_down", "dep_down:hole", "dep_down:cache", "dep_down:names", "4 signals: 4 critical"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if code != exitNotWell || errs != "" {
		t.Errorf("exit code %d, %q on standard error, which is no terminal", code, errs)
	}
}

// What is off is listed once below the table, with what would switch it on.
func TestCheckTellsWhatIsOff(t *testing.T) {
	out, _, code := checking(t, []string{"WATCHDOG_TIKC=15s", "WATCHDOG_HOST_ENABLED=true", "WATCHDOG_HOST_PROC=/nonexistent", "WATCHDOG_HOST_MOUNTS=data=/nonexistent"})
	unwrapped := strings.Join(strings.Fields(out), " ")
	for _, want := range []string{
		"orch_*: off, as WATCHDOG_ORCH_URL is not set; to switch it on, set it to",
		"docker_down and container_*: off, as WATCHDOG_DOCKER_HOST is off",
		"host_memory, host_load, host_pressure, host_oom, host_raid and host_fds: off, as",
		"the mount data: off, as the file system at /nonexistent can't be read",
		"host_disk_ceiling: opt-in, by WATCHDOG_DISK_CEILING_ENABLED=true",
		"WATCHDOG_TIKC is not known and has no effect; did you mean WATCHDOG_TICK?",
		"no signals: nothing is watched",
	} {
		if strings.Count(unwrapped, want) != 1 {
			t.Errorf("%q is not exactly once in\n%s", want, out)
		}
	}
	if strings.Count(out, "WATCHDOG_ORCH_URL") != 1 || code != exitWell {
		t.Errorf("exit code %d\n%s", code, out)
	}
}

// check prints no secret, even where a line breaks within it.
func TestCheckPrintsNoSecret(t *testing.T) {
	secret := strings.Repeat("hunter2-and-so-on-", 8)
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"schema_version":1,"state":%q}`, r.Header.Get("Authorization"))
	}))
	t.Cleanup(echo.Close)
	settings := []string{"WATCHDOG_ORCH_TOKEN=" + secret, file(t, `
orchestrator: {url: "`+echo.URL+`", rules: [{name: state, field: state, raise: '!= "up"'}]}
dependencies: [{name: db, timeout: 1s, postgres: {dsn: "postgres://u:`+secret+`@127.0.0.1:1/db"}}]
`)}
	for _, args := range [][]string{nil, {"--json"}, {"--explain", "orch_rule:state"}, {"--explain", "orch_rule:state", "--json"}, {"--explain", "dep_down:db"}} {
		out, errs, code := checking(t, settings, args...)
		if text := strings.Join(strings.Fields(out+errs), ""); code != exitNotWell || strings.Contains(text, "hunter2") {
			t.Errorf("%v: exit code %d\n%s%s", args, code, out, errs)
		}
	}
}

// pseudoTerminal opens a pseudo terminal; what is written to tty can be read from reads.
func pseudoTerminal(t *testing.T, columns uint16) (reads, tty *os.File) {
	t.Helper()
	reads, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("SKIPPED: there is no pseudo terminal: %v", err)
	}
	fd := int(reads.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns}); err != nil {
		t.Fatal(err)
	}
	tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = reads.Close() })
	return reads, tty
}

// onTerminal runs check with a terminal as its standard output and error.
func onTerminal(t *testing.T, columns uint16, settings []string) string {
	t.Helper()
	reads, tty := pseudoTerminal(t, columns)
	cmd := newCheck(settings)
	cmd.Stdout, cmd.Stderr = tty, tty
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = tty.Close()
	out, _ := io.ReadAll(reads) // ends with EIO when the process has ended
	_ = cmd.Wait()
	return string(out)
}

var escapes = regexp.MustCompile("\x1b\\[[0-9;]*[mK]")

// On a terminal the output has colour unless NO_COLOR is set, every line fits, and the line that
// names the running probes is cleared at the end.
func TestCheckOnATerminal(t *testing.T) {
	settings := []string{"WATCHDOG_ORCH_URL=http://" + blackHole(t), "WATCHDOG_ORCH_TIMEOUT=1500ms"}
	for name, c := range map[string]struct {
		columns uint16
		setting string
		colour  bool
	}{
		"80 columns": {80, "TERM=xterm", true}, "120 columns": {120, "TERM=xterm", true},
		"NO_COLOR": {80, "NO_COLOR=1", false}, "an empty NO_COLOR": {80, "NO_COLOR=", true}, "a dumb terminal": {80, "TERM=dumb", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onTerminalIs(t, c.columns, c.colour, append(settings, c.setting))
		})
	}
}

func onTerminalIs(t *testing.T, width uint16, colour bool, settings []string) {
	out := onTerminal(t, width, settings)
	if got := strings.Contains(out, "\x1b[1;31mcritical\x1b[0m"); got != colour {
		t.Errorf("%v: colour is %t, want %t\n%q", settings, got, colour, out)
	}
	if !strings.Contains(out, "\rwaiting for orchestrator … ") || !strings.Contains(out, "\r\x1b[KSIGNAL") {
		t.Errorf("want the running probes, and their line cleared:\n%q", out)
	}
	longest := 0
	for line := range strings.Lines(out) {
		for part := range strings.SplitSeq(strings.TrimRight(line, "\r\n"), "\r") {
			longest = max(longest, len([]rune(escapes.ReplaceAllString(part, ""))))
		}
	}
	if longest > int(width) || longest <= 60 {
		t.Errorf("the longest line has %d columns, of %d:\n%q", longest, width, out)
	}
}
