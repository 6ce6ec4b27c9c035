package email

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/messages"
)

var style = notifier.Style{Host: "web-1", Zone: time.UTC, Limit: maxText}

// encoded returns a letter in the form in which it is sent.
func encoded(t interface {
	Fatal(...any)
	Helper()
}, l letter) string {
	t.Helper()
	from, _ := address("Wächter <w@example.org>")
	ops, _ := address("ops@example.org")
	dev, _ := address("dev@bücher.example")
	m := l.message(from, []*mail.Address{ops, dev})
	var b bytes.Buffer
	if _, err := m.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// received is a decoded mail.
type received struct {
	header  mail.Header
	subject string
	parts   map[string]string // by type
}

func read(t interface {
	Fatal(...any)
	Helper()
}, text string) received {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r := received{header: m.Header, parts: make(map[string]string)}
	if r.subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	if kind != "multipart/alternative" {
		body, _ := io.ReadAll(quotedprintable.NewReader(m.Body))
		r.parts[kind] = string(body)
		return r
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for {
		part, err := parts.NextPart()
		if err != nil {
			return r
		}
		kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		body, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		r.parts[kind] = strings.ReplaceAll(string(body), "\r\n", "\n")
	}
}

// A mail has a subject that names the signal, a plain text, and the same text as HTML with
// everything from outside escaped. Its lines are ASCII, and as short as RFC 5322 requires.
func TestAMail(t *testing.T) {
	text := encoded(t, write(batch(alert("dep_down:db", "refused: <b>ü</b>\nand "+strings.Repeat("long ", 300))), style))
	for line := range strings.Lines(text) {
		if len(line) > 998 || strings.ContainsFunc(line, func(r rune) bool { return r > 126 }) {
			t.Errorf("a line of %d bytes: %q", len(line), line)
		}
	}
	got := read(t, text)
	if got.subject != "🔴 ALERT dep_down:db · web-1" {
		t.Errorf("the subject is %q", got.subject)
	}
	for name, want := range map[string]string{
		"From": "=?utf-8?q?W=C3=A4chter?= <w@example.org>", "To": "<ops@example.org>, <dev@xn--bcher-kva.example>", "Date": "Sun, 01 Mar 2026 12:00:00 +0000",
		"Auto-Submitted": "auto-generated", "User-Agent": "orchestrator-watchdog", "Importance": "high", "In-Reply-To": "", "Mime-Version": "1.0",
	} {
		if got.header.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.header.Get(name), want)
		}
	}
	if plain := got.parts["text/plain"]; !strings.HasPrefix(plain, "🔴 ALERT dep_down:db · web-1\nrefused: <b>ü</b>\n") || !strings.Contains(plain, "since 11:59:00 UTC") {
		t.Errorf("the text is %q", plain)
	}
	if html := got.parts["text/html"]; !strings.Contains(html, "<code>dep_down:db</code>") || !strings.Contains(html, "refused: &lt;b&gt;ü&lt;/b&gt;<br>") {
		t.Errorf("the HTML is %q", html)
	}
}

// Later news of a trouble is in the thread of the mail that raised it. A retry has the same id as
// the first attempt, and other news has another id.
func TestThreads(t *testing.T) {
	raised := write(batch(alert("dep_down:db", "")), style)
	again := write(batch(alert("dep_down:db", "")), style)
	n := alert("dep_down:db", "")
	n.News, n.Level, n.Seq, n.ReplyTo = messages.Recovered, messages.OK, 8, raised.id
	o := n
	o.Signal, o.ReplyTo = "dep_slow:db", raised.id
	p := n
	p.Signal, p.ReplyTo = "host_load", 12345
	over := write(batch(n, o, p), style)
	first, second := read(t, encoded(t, raised)).header, read(t, encoded(t, over)).header
	if raised.id != again.id || first.Get("Message-Id") == second.Get("Message-Id") {
		t.Errorf("%d, %d, %s, %s", raised.id, again.id, first.Get("Message-Id"), second.Get("Message-Id"))
	}
	other := "<watchdog.9ix@example.org>"
	if second.Get("In-Reply-To") != first.Get("Message-Id") || second.Get("References") != first.Get("Message-Id")+" "+other {
		t.Errorf("it replies to %q, references %q; want %q and %q", second.Get("In-Reply-To"), second.Get("References"), first.Get("Message-Id"), other)
	}
	if second.Get("Importance") != "" {
		t.Error("news that does not ring is marked as important")
	}
}

// A mail that was refused with markup has a plain text only.
func TestAPlainMail(t *testing.T) {
	b := batch(alert("dep_down:db", ""))
	b.Plain = true
	got := read(t, encoded(t, write(b, style).withRemark("a <remark>")))
	if _, has := got.parts["text/html"]; has || !strings.Contains(got.parts["text/plain"], "a <remark>") {
		t.Errorf("got %q", got.parts)
	}
}

// No signal, detail or host can add a header or end one early.
func TestNothingFromOutsideIsAHeader(t *testing.T) {
	usual := []string{"Auto-Submitted", "Content-Type", "Date", "From", "Importance", "Message-Id", "Mime-Version", "Priority", "Subject", "To", "User-Agent", "X-Msmail-Priority", "X-Priority"}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
			"a\r\nBcc: x@example.org", "a\nBcc: x@example.org\n\nbody", "a\rBcc: x", "=?utf-8?q?a=0D=0ABcc:_x?=", "\u2028Bcc: x", strings.Repeat("x", 2000), strings.Repeat("日", 500),
		})).Draw(t, "text")
		n := alert(messages.Key("dep_down:"+text), text)
		s := style
		s.Host = text
		sent := encoded(t, write(batch(n), s))
		got := read(t, sent)
		var names []string
		for name := range got.header {
			names = append(names, name)
		}
		slices.Sort(names)
		if !slices.Equal(names, usual) || len(got.parts) != 2 {
			t.Fatalf("%q made the headers %q and %d parts", text, names, len(got.parts))
		}
		for line := range strings.Lines(sent) {
			if len(line) > 1000 || strings.TrimRight(line, "\r\n")+"\r\n" != line {
				t.Fatalf("%q made the line %q", text, line)
			}
		}
	})
}
