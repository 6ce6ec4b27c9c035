package docs_test

import (
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// pictured lists the pictures of messages: each is a chat with these golden files in order.
var pictured = []struct {
	name     string
	messages [][2]string // golden file, and caption
}{
	{"message-alerts", [][2]string{{"log", "a container ended: its image, what changed before, the end of its log"}, {"beside", "another sign of the same trouble answers the first"}}},
	{"message-values", [][2]string{{"warning", "a warning comes without a sound"}, {"context", "how the value went"}, {"reminder", "a reminder after the cooldown"}}},
	{"message-ends", [][2]string{{"alert", "an alert that rings"}, {"recovery", "the recovery answers it"}, {"missed", "what came and went while the chat was away"}}},
	{"message-many", [][2]string{{"event", "a one-shot"}, {"flapping", "what changes too often"}, {"group", "what belongs together"}}},
	{"message-digest", [][2]string{{"digest_of_10", "a storm is one message"}}},
}

const goldenMessages = "../actors/notifier/testdata/render/"

// golden is one message as the chat receives it.
type golden struct{ silent, replyTo, buttons, text string }

func readGolden(t *testing.T, name string) golden {
	t.Helper()
	head, text, ok := strings.Cut(read(t, goldenMessages+name+".golden"), "\n\n")
	var g golden
	fields := strings.Split(head, "\n")
	if !ok || len(fields) != 3 {
		t.Fatalf("%s.golden has no head of three lines", name)
	}
	for i, field := range []struct {
		name  string
		value *string
	}{{"silent: ", &g.silent}, {"reply to: ", &g.replyTo}, {"buttons: ", &g.buttons}} {
		if *field.value, ok = strings.CutPrefix(fields[i], field.name); !ok {
			t.Fatalf("%s.golden: line %d is %q, want %q", name, i+1, fields[i], field.name)
		}
	}
	g.text = strings.TrimSuffix(text, "\n")
	return g
}

// bubble returns the message in HTML as a chat shows it. A reply quotes the message above it.
func (g golden) bubble(above string) string {
	var b strings.Builder
	b.WriteString("<div class=message><div class=bubble><div class=sender>watchdog</div>")
	if g.replyTo != "0" {
		fmt.Fprintf(&b, "<div class=reply><i>watchdog</i><br>%s</div>", above)
	}
	text := strings.NewReplacer("\n<blockquote", "<blockquote", "</blockquote>\n", "</blockquote>").Replace(g.text)
	mark := ""
	if g.silent == "true" {
		mark = "🔕 "
	}
	fmt.Fprintf(&b, "<div class=text>%s</div><div class=time>%s12:00</div></div>", text, mark)
	if g.buttons != "" {
		for row := range strings.SplitSeq(g.buttons, " / ") {
			b.WriteString("<div class=buttons>")
			for label := range strings.SplitSeq(row, " | ") {
				fmt.Fprintf(&b, "<span>%s</span>", html.EscapeString(label))
			}
			b.WriteString("</div>")
		}
	}
	b.WriteString("</div>")
	return b.String()
}

// The page that `make pictures` renders contains the golden files, each picture exists, and
// messages.md shows it. `-update` writes the page.
func TestPicturesShowTheGoldenFiles(t *testing.T) {
	var body strings.Builder
	shown := read(t, "messages.md")
	for _, p := range pictured {
		fmt.Fprintf(&body, "<section id=%s>\n", p.name)
		above := ""
		for _, m := range p.messages {
			g := readGolden(t, m[0])
			fmt.Fprintf(&body, "<div class=note>%s</div>\n%s\n", html.EscapeString(m[1]), g.bubble(above))
			above, _, _ = strings.Cut(g.text, "\n")
		}
		body.WriteString("</section>\n")
		if *update {
			continue // the picture is rendered later
		}
		if info, err := os.Stat(filepath.Join("pictures", p.name+".png")); err != nil || info.Size() > 64<<10 {
			t.Errorf("pictures/%s.png is missing or too large: %v", p.name, err)
		}
		if !strings.Contains(shown, "](pictures/"+p.name+".png)") {
			t.Errorf("messages.md does not show %s.png", p.name)
		}
	}
	style, _, ok := strings.Cut(read(t, "pictures/page.html"), "<!-- messages -->\n")
	if !ok {
		t.Fatal("pictures/page.html has no place for the messages")
	}
	want := style + "<!-- messages -->\n" + body.String()
	if *update {
		if err := os.WriteFile("pictures/page.html", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if read(t, "pictures/page.html") != want {
		t.Error("docs/pictures/page.html is out of date: make pictures")
	}
}
