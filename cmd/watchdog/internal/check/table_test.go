package check

import (
	"flag"
	"math"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/cmd/watchdog/internal/terminal"
	"orchestrator-watchdog/messages"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares a text with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := "testdata/" + name + ".golden"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is now\n%s\nand was\n%s", file, got, want)
	}
}

// sample is a result with everything that is hard to lay out.
func sample() *Result {
	add := func(key messages.Key, level messages.Level, threshold, detail string) messages.Observation {
		return messages.Observation{Signal: key, Level: level, Threshold: threshold, Detail: detail}
	}
	r := &Result{Findings: []Finding{
		{Observation: add("orch_down", messages.Critical, "", "the orchestrator's /metrics: answers with status 503 Service Unavailable")},
		{Observation: add("orch_rule:oldest_job", messages.Critical, "> 15m, critical > 1h", "the oldest job waits 2h0m0s (queue.oldest_age_s is 2h0m0s)").WithValue(7200)},
		{Observation: add("dep_cert:a-registry-with-a-name-that-is-longer-than-half-of-the-screen", messages.Warning, "< 20 % of its lifetime",
			"the certificate of registry.example.org ends on 2026-12-01 12:00 UTC, with 12 % of its 90 days left: renew it").WithValue(12.345)},
		{Observation: add("container_unhealthy:web", messages.Warning, "", "its healthcheck fails: \x1b[31mred\x1b[0m\r\nhttps://example.org/"+strings.Repeat("long/", 20))},
		{Observation: add("orch_rule:warteschlange_läuft_über_队列", messages.Unknown, "> 100", `queue.depth is a string ("many"), which can't be compared with a number`)},
		collecting(add("orch_rule:no_progress", messages.Unknown, "increase over 15m0s == 0", "needs a window of 15m, not judged in one pass; collecting: increase of jobs.done_total over 15m0s is 0, so far").WithValue(0)),
		{Observation: add("container_down:db", messages.OK, "", "running")},
		{Observation: add("host_memory", messages.OK, "> 92 %", "used 2.5 % of 23.5 GiB (22.9 GiB available)").WithValue(2.519)},
		{Observation: add("host_load", messages.OK, "> 2 × cores", "not a number").WithValue(math.NaN())},
		{Observation: add("host_fds", messages.OK, "> 90 %", "").WithValue(123456789)},
	}, Notes: []Note{
		off("host_pressure", "the kernel gives no pressure information (PSI)", "boot a kernel with CONFIG_PSI (Linux 4.20), where it is off by default with psi=1"),
		{Text: "no WATCHDOG_TELEGRAM_TOKEN: notifications go only to the log"},
	}}
	r.sort()
	return r
}

// collecting is a finding whose window of 15 min is filling.
func collecting(o messages.Observation) Finding {
	o.Expected = true
	o.Needs = 15 * time.Minute
	return Finding{o}
}

// Tables look like their golden files, and fit the screen.
func TestTable(t *testing.T) {
	for name, s := range map[string]terminal.Screen{
		"no terminal": {}, "80 columns": {Columns: 80, Colour: true}, "140 columns": {Columns: 140}, "few columns": {Columns: 20},
	} {
		t.Run(name, func(t *testing.T) {
			got := sample().Table(s)
			golden(t, "table "+name, got)
			for line := range strings.Lines(got) {
				if n := terminal.Columns(strings.NewReplacer("\x1b[1;31m", "", "\x1b[33m", "", "\x1b[35m", "", "\x1b[36m", "", "\x1b[32m", "", "\x1b[0m", "").Replace(strings.TrimSuffix(line, "\n"))); n > s.Width() {
					t.Errorf("%d columns: %s", n, line)
				}
			}
		})
	}
	golden(t, "table of nothing", (&Result{}).Table(terminal.Screen{}))
}

// No control character from outside reaches the terminal.
func TestNothingFromOutsideCommandsTheTerminal(t *testing.T) {
	r := &Result{Findings: []Finding{finding("container_down:\x1b[2J", messages.OK)}, Notes: []Note{{Text: "\x9b31m\u202e\a\xff"}}}
	for _, b := range r.Table(terminal.Screen{}) {
		if b < ' ' && b != '\n' || b >= 0x7f && b < 0xa0 || b == '\u202e' {
			t.Errorf("%U is in the table", b)
		}
	}
}

// The JSON looks like its golden file; a value that is no number is null.
func TestJSON(t *testing.T) {
	golden(t, "json", sample().JSON())
	golden(t, "json of nothing", (&Result{}).JSON())
}

// Every field of the JSON is documented.
func TestTheJSONIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../../../docs/check.md")
	if err != nil {
		t.Fatal(err)
	}
	all := sample().JSON() + (&Result{}).Explain("host_oom", policies(t)).JSON()
	for _, m := range regexp.MustCompile(`(?m)^ *"([a-z]+)":`).FindAllStringSubmatch(all, -1) {
		if !strings.Contains(string(page), "`"+m[1]+"`") {
			t.Errorf("docs/check.md does not name the field %s", m[1])
		}
	}
}

// A secret is masked before its text is wrapped.
func TestASecretIsMaskedBeforeItIsBroken(t *testing.T) {
	secret := "tok " + strings.Repeat("abcdefgh", 20)
	r := &Result{Findings: []Finding{finding("dep_down:a", messages.Critical)}, Notes: []Note{{Text: "see " + secret}}}
	r.Findings[0].Detail = "refused: " + secret
	r.Mask(func(s string) string { return strings.ReplaceAll(s, secret, "***") })
	if got := r.Table(terminal.Screen{}) + r.JSON(); strings.Contains(got, "abcdefgh") || strings.Count(got, "***") != 4 {
		t.Errorf("got %s", got)
	}
}
