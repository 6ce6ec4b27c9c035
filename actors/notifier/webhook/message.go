package webhook

import (
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/messages"
)

// placeholders are the names of a message's values. The labels add their own names.
var placeholders = []string{"title", "text", "severity", "news", "signal", "host", "since"}

// message is the content of one request.
type message struct {
	values map[string]string // by placeholder
	html   string            // title and text with markup; empty: none
	rings  bool              // it should wake people
	over   bool              // the trouble is over
	id     string            // identifies the news: a retry has the same id
}

func (m message) title() string { return m.values["title"] }
func (m message) text() string  { return m.values["text"] }

// whole returns the title with the text below.
func (m message) whole() string { return strings.TrimSpace(m.title() + "\n" + m.text()) }

// render makes the message of a batch. The worst of several signals gives news and severity.
func render(batch notifier.Batch, style notifier.Style, labels map[string]string) message {
	r := notifier.Render(batch.Items, style)
	worst := slices.MinFunc(batch.Items, notifier.BySeverity)
	m := message{
		values: valuesOf(labels, map[string]string{
			"title": r.Title, "text": strings.TrimSpace(r.Body), "news": worst.News.String(), "severity": severity(worst),
			"signal": strings.Join(notifier.SignalsOf(batch.Items), ", "), "host": style.Host, "since": since(worst),
		}),
		rings: !r.Silent, over: worst.News == messages.Recovered || worst.News == messages.Missed, id: identity(batch.Items),
	}
	if !batch.Plain {
		m.html = r.HTML
	}
	return m
}

// valuesOf merges labels and values. A label never replaces a value.
func valuesOf(labels, values map[string]string) map[string]string {
	all := make(map[string]string, len(labels)+len(values))
	maps.Copy(all, labels)
	maps.Copy(all, values)
	return all
}

// test makes a test message.
func test(host string, labels map[string]string, now time.Time) message {
	return message{values: valuesOf(labels, map[string]string{
		"title": "🔵 TEST watchdog · " + host, "text": "This channel will be told when something breaks. Nothing is wrong now.",
		"news": "TEST", "severity": "warning", "signal": "watchdog_test", "host": host, "since": now.UTC().Format(time.RFC3339),
	}), id: "test-" + strconv.FormatInt(now.UnixNano(), 36)}
}

// severity returns how bad the trouble is, or was if it is over.
func severity(n messages.Notification) string {
	if n.Level == messages.Critical || n.Level == messages.OK && n.Worst == messages.Critical {
		return "critical"
	}
	return "warning"
}

func since(n messages.Notification) string {
	at := n.Since
	if at.IsZero() {
		at = n.At
	}
	return at.UTC().Format(time.RFC3339)
}

// identity returns an id for the news. A retry has the same id.
func identity(items []messages.Notification) string {
	sum := notifier.Identity(items)
	return hex.EncodeToString(sum[:16])
}
