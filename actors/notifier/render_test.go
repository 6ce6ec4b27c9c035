package notifier_test

import (
	"flag"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/notifier/telegram"
	"orchestrator-watchdog/messages"
)

var update = flag.Bool("update", false, "write the golden files anew")

var (
	noon  = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	style = notifier.Style{Host: "web-1", Zone: time.UTC, Limit: telegram.MaxText}
)

func item(news messages.News, signal messages.Key, level messages.Level, detail string) messages.Notification {
	return messages.Notification{
		Seq: 1, News: news, Signal: signal, Level: level, Worst: max(level, messages.Warning), Detail: detail, Since: noon.Add(-90 * time.Second), At: noon,
	}
}

// Each kind of message looks as its golden file shows.
func TestMessagesLookAsTheGoldenFilesShow(t *testing.T) {
	digest := make([]messages.Notification, 60)
	for i := range digest {
		digest[i] = item(messages.Alert, messages.NewKey("container_down", fmt.Sprintf("worker-%02d", i)), messages.Critical, "exited with code 1: docker logs --tail 50 worker")
		digest[i].Seq = uint64(i + 1)
	}
	event := item(messages.Event, "container_oom:web", messages.Critical, "killed for memory")
	event.Count = 3
	long := item(messages.Recovered, "dep_down:db", messages.OK, "connect 1ms")
	long.Since, long.ReplyTo = noon.Add(-50*time.Hour), 7
	expired := item(messages.Still, "dep_down:db", messages.Critical, "refused")
	expired.Acknowledged = messages.Acknowledgement{By: "Ann \u202e<b>", At: noon.Add(-24 * time.Hour)}
	known := item(messages.Worse, "host_memory", messages.Critical, "97.3 % used")
	known.Context = []string{"▁▁▂▃▅▇█ 30 min: 61 → 97 %", "a line <b>from</b> outside\x1b[31m"}
	logged := item(messages.Alert, "container_down:web", messages.Critical, "exited with code 1")
	logged.Context, logged.Quote = []string{"image shop:2, since 2026-03-01 11:00 UTC"}, []string{"starting <web>", "", "panic: no\x1b[31m database"}
	for name, items := range map[string][]messages.Notification{
		"context":       {known},
		"log":           {logged},
		"alert":         {item(messages.Alert, "orch_down", messages.Critical, "the orchestrator's /metrics: connection refused")},
		"warning":       {item(messages.Alert, "orch_stale", messages.Warning, "generated 6m0s ago")},
		"worse":         {item(messages.Worse, "host_memory", messages.Critical, "98.1 % used")},
		"reminder":      {item(messages.Still, "dep_down:db", messages.Critical, "refused; data is missing now: timed out")},
		"recovery":      {long},
		"ack_expired":   {expired},
		"missed":        {item(messages.Missed, "orch_down", messages.OK, "answers in 3ms")},
		"flapping":      {item(messages.Flapping, "dep_down:db", messages.OK, "connect 1ms")},
		"event":         {event},
		"group":         {item(messages.Recovered, "dep_down:a", messages.OK, "answers"), item(messages.Alert, "orch_rule:queue", messages.Warning, "queue.oldest_age_s = 1200"), item(messages.Alert, "dep_down:b", messages.Critical, "refused")},
		"digest_of_60":  digest,
		"escaping":      {item(messages.Alert, "dep_down:<b>&\"x\"", messages.Critical, "<script>alert('1')</script> & </b>\x00\x1b[31m")},
		"right_to_left": {item(messages.Alert, "container_down:שלום", messages.Critical, "exit \u202e1 of مرحبا \U0001f469\u200d\U0001f469\u200d\U0001f467")},
		"one_huge_line": {item(messages.Alert, "dep_down:db", messages.Critical, strings.Repeat("😀", 5000))},
		"many_lines":    {item(messages.Alert, "dep_down:db", messages.Critical, strings.Repeat("a line of the detail\n", 500))},
	} {
		t.Run(name, func(t *testing.T) {
			r := notifier.Render(items, style)
			got := fmt.Sprintf("silent: %t, reply to: %d\n\n%s\n", r.Silent, r.ReplyTo, r.HTML)
			file := filepath.Join("testdata", "render", name+".golden")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
			check(t, r)
		})
	}
}

// With the handbook's address a message of trouble links the section of its signal, as HTML
// and as plain text; news of its end does not. Times are those of the zone.
func TestAMessageLinksTheHandbook(t *testing.T) {
	style := notifier.Style{Host: "web-1", Zone: time.FixedZone("CET", 3600), Handbook: "https://wiki.example.org/o.md?a=1&b=2", Limit: telegram.MaxText}
	r := notifier.Render([]messages.Notification{item(messages.Alert, "container_down:web", messages.Critical, "exited with code 1")}, style)
	if !strings.HasSuffix(r.HTML, "\nsince 12:58:30 CET, for 1m 30s\n<a href=\"https://wiki.example.org/o.md?a=1&amp;b=2#container_down\">what to do</a>") {
		t.Errorf("HTML:\n%s", r.HTML)
	}
	if !strings.HasSuffix(r.Plain, "\nwhat to do: https://wiki.example.org/o.md?a=1&b=2#container_down") {
		t.Errorf("plain:\n%s", r.Plain)
	}
	r = notifier.Render([]messages.Notification{item(messages.Recovered, "container_down:web", messages.OK, "running")}, style)
	if strings.Contains(r.HTML, "wiki") {
		t.Errorf("a recovery:\n%s", r.HTML)
	}
}

// check holds what is true of every message.
func check(t *testing.T, r notifier.Rendered) {
	t.Helper()
	if n := len(utf16.Encode([]rune(r.Plain))); n > telegram.MaxText {
		t.Errorf("%d code units", n)
	}
	text := strings.NewReplacer("<b>", "", "</b>", "", "<code>", "", "</code>", "", "<blockquote expandable>", "", "</blockquote>", "").Replace(r.HTML)
	if strings.ContainsAny(text, "<>\"'") {
		t.Errorf("markup of someone else's in %.500q", r.HTML)
	}
	if html.UnescapeString(text) != r.Plain {
		t.Error("HTML and plain text differ in more than their escapes")
	}
}

// Whatever comes from outside, the message is valid and within the limit.
func FuzzRender(f *testing.F) {
	f.Add("dep_down:db", "refused", 1)
	f.Add("a\xff<b>", strings.Repeat("\n😀&", 3000), 40)
	f.Fuzz(func(t *testing.T, key, detail string, n int) {
		items := make([]messages.Notification, 1+min(max(n, 0), 100))
		for i := range items {
			items[i] = item(messages.Alert, messages.Key(key), messages.Critical, detail)
		}
		check(t, notifier.Render(items, style))
	})
}
