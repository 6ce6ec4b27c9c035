package demo

import (
	"bytes"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/notifier/telegram/fakeapi"
)

// quick is the film without time to read. Telegram's pace, one message a second, remains.
var quick = tempo{tick: 200 * time.Millisecond, cooldown: 2600 * time.Millisecond, pause: 10 * time.Millisecond, patience: 30 * time.Second}

// inOrder fails if the text does not contain the lines in this order.
func inOrder(t *testing.T, text string, lines []string) {
	t.Helper()
	rest := text
	for _, line := range lines {
		_, after, found := strings.Cut(rest, line)
		if !found {
			t.Fatalf("%q is missing, or not in order, in:\n%s", line, text)
		}
		rest = after
	}
}

// The film follows its script: each fault, and what the chat is told and not told.
func TestTheDemoGoesAsItShould(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := playAt(t.Context(), &screen{out: &out, began: time.Now()}, quick); err != nil {
		t.Fatalf("%v in:\n%s", err, out.String())
	}
	text := out.String()
	inOrder(t, text, []string{
		"1. All is well", "scrape 2: answers",
		"2. The orchestrator fails", "scrape 3: 503", "│ 🔴 ALERT orch_down · web-1\n", "🔔 rings",
		"3. A symptom is held back", "held back: orch_stale (warning), because orch_down is up",
		"4. A part of the watchdog breaks", "panic 2: restarted", "│ 🟡 ALERT watchdog_probe:clumsy · web-1\n", "🔕 silent",
		"5. Nobody has fixed anything", "│ 🔴 STILL orch_down · web-1\n", "panics,",
		"6. Somebody acknowledges", "│ ✓ orch_down is acknowledged by Ann", "replaced by: ✓ Ann, ", "Ann writes: /status", "acknowledged by Ann at",
		"7. All is fixed", "▏↩ 🟡 ALERT watchdog_probe:clumsy · web-1\n", "│ 🟢 RECOVERED watchdog_probe:clumsy · web-1\n",
		"▏↩ 🔴 ALERT orch_down · web-1\n", "│ 🟢 RECOVERED orch_down · web-1\n",
		"8. Telegram is away", "│ 🟢 MISSED orch_rule:oldest_job · web-1\n", "│ from ", " to ",
		"9. What happened", "█", "orch_down, ", "█ critical", "threshold: > ",
		"10. The end", "stopped after", "no news is pending",
	})
	if strings.Contains(text, "ALERT orch_stale") {
		t.Errorf("a symptom was told:\n%s", text)
	}
	if strings.ContainsAny(text, "\x1b\r") || strings.Contains(text, fakeapi.Token) {
		t.Errorf("not plain text, or a token in it: %q", text)
	}
	inOrder(t, alike(text), fromReadme(t))
}

var numbers = regexp.MustCompile(`(\d+(\.\d+)?(ms|s|m|h)?\b ?)+`)

// alike replaces all numbers and durations, which differ from run to run.
func alike(text string) string { return numbers.ReplaceAllString(text, "N") }

// fromReadme returns the lines of the film that the README shows.
func fromReadme(t *testing.T) []string {
	t.Helper()
	readme, err := os.ReadFile("../../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, _ := strings.Cut(string(readme), "```text\n")
	shown, _, found := strings.Cut(shown, "```")
	if !found {
		t.Fatal("the README does not show the demo")
	}
	return strings.Split(alike(shown), "\n")
}

// A film that differs from the script says in which act, and what was missing.
func TestADemoThatDiffersSaysWhat(t *testing.T) {
	t.Parallel()
	hasty := quick
	hasty.patience = 3 * time.Second
	s, err := newStage(hasty)
	if err != nil {
		t.Fatal(err)
	}
	defer s.clear()
	s.chat.Always(fakeapi.ServerError)
	err = play(t.Context(), &screen{out: io.Discard, began: time.Now()}, s)
	if err == nil || !strings.Contains(err.Error(), `act 2, "The orchestrator fails": "ALERT orch_down" was expected`) {
		t.Errorf("got %v", err)
	}
}

// A message that rings when it should not, or replies to another one, is a difference.
func TestTheDemoChecksEachMessage(t *testing.T) {
	f := &film{ctx: t.Context(), stage: &stage{}, raised: map[string]int64{"orch_down": 1}}
	recovered := news{"RECOVERED orch_down", silent, answers}
	for name, c := range map[string]struct {
		got  fakeapi.Message
		want news
		well bool
	}{
		"a silent reply":         {fakeapi.Message{Silent: true, ReplyTo: 1}, recovered, true},
		"a reply that rings":     {fakeapi.Message{ReplyTo: 1}, recovered, false},
		"no reply":               {fakeapi.Message{Silent: true}, recovered, false},
		"a reply to another one": {fakeapi.Message{Silent: true, ReplyTo: 2}, recovered, false},
		"an alarm without sound": {fakeapi.Message{Silent: true}, news{"ALERT orch_down", rings, raises}, false},
	} {
		if err := f.check(c.got, c.want); (err == nil) != c.well {
			t.Errorf("%s: %v", name, err)
		}
	}
}
