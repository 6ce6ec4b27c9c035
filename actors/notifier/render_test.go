package notifier_test

import (
	"flag"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/notifier/telegram"
	"orchestrator-watchdog/actors/notifier/telegram/fakeapi"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/secret"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var (
	noon  = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	style = notifier.Style{Host: "web-1", Zone: time.UTC, Limit: telegram.MaxText}
)

func item(news messages.News, signal messages.Key, level messages.Level, detail string) messages.Notification {
	return messages.Notification{
		Seq: 1, News: news, Signal: signal, Level: level, Worst: max(level, messages.Warning), Detail: detail, Since: noon.Add(-90 * time.Second), At: noon, Trouble: 1,
	}
}

// sentBy returns the message that a Telegram chat gets for items.
func sentBy(t *testing.T, items []messages.Notification) fakeapi.Message {
	t.Helper()
	api := fakeapi.InMemory(time.Now)
	ch, err := telegram.New(telegram.Options{
		Name: "telegram", Token: secret.New(fakeapi.Token), ChatID: "-1001", Style: style, Buttons: true, APIURL: "http://api", Transport: api.Transport(), Log: zap.NewNop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	sorted := slices.SortedStableFunc(slices.Values(items), notifier.BySeverity) // as the notifier does
	if _, err := ch.Send(t.Context(), notifier.Batch{Items: sorted, At: noon}); err != nil {
		t.Fatal(err)
	}
	return api.Messages()[0]
}

// rowsOf returns the labels of a message's buttons, row by row.
func rowsOf(m fakeapi.Message) string {
	rows := make([]string, len(m.Buttons))
	for i, row := range m.Buttons {
		rows[i] = fakeapi.Message{Buttons: [][]fakeapi.Button{row}}.Labels()
	}
	return strings.Join(rows, " / ")
}

// Each kind of message looks as its golden file shows. docs/pictures is made from these files.
func TestMessagesLookAsTheGoldenFilesShow(t *testing.T) {
	digest := make([]messages.Notification, 60)
	for i := range digest {
		worker := fmt.Sprintf("worker-%02d", i)
		digest[i] = item(messages.Alert, messages.NewKey("container_down", worker), messages.Critical, "exited with code 1: docker logs --tail 50 "+worker)
		digest[i].Seq = uint64(i + 1)
	}
	event := item(messages.Event, "container_oom:web", messages.Critical, "killed for memory")
	event.Count = 3
	long := item(messages.Recovered, "orch_down", messages.OK, "answers in 3ms")
	long.Since, long.ReplyTo = noon.Add(-50*time.Hour), 7
	expired := item(messages.Still, "dep_down:db", messages.Critical, "refused")
	expired.Acknowledged = messages.Acknowledgement{By: "Ann \u202e<b>", At: noon.Add(-24 * time.Hour)}
	known := item(messages.Worse, "host_memory", messages.Critical, "97.3 % used; 15.6 GiB in all")
	known.Context = []string{"▁▁▂▃▅▇█ 30 min: 61 → 97 %"}
	logged := item(messages.Alert, "container_down:orchestrator", messages.Critical, "exited with code 1: docker logs --tail 50 orchestrator")
	logged.Context = []string{
		"image shop:2.4, since 2026-03-01 11:57 UTC", "memory: 63 of 512 MiB", "before it, at 11:57 UTC: orchestrator was made anew with the image shop:2.4 instead of shop:2.3",
	}
	outside := item(messages.Alert, "container_down:web", messages.Critical, "exited with code 1")
	outside.Context, outside.Quote = []string{"a line <b>from</b> outside\x1b[31m"}, []string{"</blockquote>", "\x1b[31m<b>red"}
	logged.Quote = []string{"starting <web>", "", "reading the schema: version 41, wants 42", "panic: no migration from 41 to 42", "goroutine 1 [running]:", "main.main() /src/main.go:31"}
	beside := item(messages.Alert, "orch_down", messages.Critical, "the orchestrator's /metrics: connection refused")
	beside.Context, beside.RelatedMessage = []string{
		"the same container as in container_down:orchestrator",
		"its container orchestrator: exited with code 1, at 11:58:12 UTC",
	}, 7
	flapping := item(messages.Flapping, "dep_down:db", messages.Critical, "changed 6 times; now ok: connect 1ms")
	flapping.Flaps = true
	missed := item(messages.Missed, "orch_down", messages.OK, "answers in 3ms")
	missed.Cause = "the orchestrator's /metrics: connection refused"
	for name, items := range map[string][]messages.Notification{
		"context":       {known},
		"log":           {logged},
		"alert":         {item(messages.Alert, "orch_down", messages.Critical, "the orchestrator's /metrics: connection refused")},
		"warning":       {item(messages.Alert, "orch_stale", messages.Warning, "generated 6m0s ago")},
		"worse":         {item(messages.Worse, "host_memory", messages.Critical, "98.1 % used")},
		"reminder":      {item(messages.Still, "dep_down:db", messages.Critical, "refused; data is missing now: timed out")},
		"recovery":      {long},
		"ack_expired":   {expired},
		"missed":        {missed},
		"flapping":      {flapping},
		"beside":        {beside},
		"from_outside":  {outside},
		"event":         {event},
		"group":         {item(messages.Recovered, "dep_down:a", messages.OK, "answers"), item(messages.Alert, "orch_rule:queue", messages.Warning, "queue.oldest_age_s = 1200"), item(messages.Alert, "dep_down:b", messages.Critical, "refused")},
		"digest_of_10":  digest[:10],
		"digest_of_60":  digest,
		"escaping":      {item(messages.Alert, "dep_down:<b>&\"x\"", messages.Critical, "<script>alert('1')</script> & </b>\x00\x1b[31m")},
		"right_to_left": {item(messages.Alert, "container_down:שלום", messages.Critical, "exit \u202e1 of مرحبا \U0001f469\u200d\U0001f469\u200d\U0001f467")},
		"one_huge_line": {item(messages.Alert, "dep_down:db", messages.Critical, strings.Repeat("😀", 5000))},
		"many_lines":    {item(messages.Alert, "dep_down:db", messages.Critical, strings.Repeat("a line of the detail\n", 500))},
	} {
		t.Run(name, func(t *testing.T) {
			m := sentBy(t, items)
			got := fmt.Sprintf("silent: %t\nreply to: %d\nbuttons: %s\n\n%s\n", m.Silent, m.ReplyTo, rowsOf(m), m.Text)
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
			check(t, notifier.Render(items, style))
		})
	}
}

// With the handbook's URL, a message of trouble links the section of its signal, as HTML and as
// plain text. A recovery has no link. Times are in the given zone.
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

// check tests what holds for every message.
func check(t *testing.T, r notifier.Rendered) {
	t.Helper()
	if n := len(utf16.Encode([]rune(r.Plain))); n > telegram.MaxText {
		t.Errorf("%d code units", n)
	}
	text := strings.NewReplacer("<b>", "", "</b>", "", "<code>", "", "</code>", "", "<blockquote expandable>", "", "</blockquote>", "").Replace(r.HTML)
	if strings.ContainsAny(text, "<>\"'") {
		t.Errorf("unescaped markup in %.500q", r.HTML)
	}
	if html.UnescapeString(text) != r.Plain {
		t.Error("HTML and plain text differ in more than escapes")
	}
}

// For any input the message is valid and within the limit.
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
