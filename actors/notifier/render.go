package notifier

import (
	"cmp"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"

	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/duration"
)

// Rendered is the text of a message.
type Rendered struct {
	Title   string // the first line, without markup
	Body    string // the other lines, without markup
	HTML    string
	Plain   string // Title and Body, for a retry where the HTML is refused
	ReplyTo int64  // the message that told of this trouble first; 0: none
	Silent  bool   // no item rings
}

// Style holds the options of Render.
type Style struct {
	Host string         // the name of the watched host
	Zone *time.Location // for the times shown
	// Handbook is the base URL of the published docs/operations.md, for links to its sections;
	// empty: no links.
	Handbook string
	Limit    int // in UTF-16 code units, after entity parsing
}

// Render returns the text of one message. The first line of a single signal is
// `EMOJI KIND key · host`. Several signals get a headline that names them, and one such block
// each, the most severe first. Text over the limit is shortened by whole lines.
func Render(items []messages.Notification, style Style) Rendered {
	sorted := slices.Clone(items)
	slices.SortStableFunc(sorted, BySeverity)
	lines := shorten(layout(sorted, style), style.Limit)
	r := Rendered{
		Title: lines[0].plain(), Body: join(lines[1:], line.plain), HTML: join(quoted(lines), line.html), Plain: join(lines, line.plain),
		Silent: !slices.ContainsFunc(items, messages.Notification.Rings),
	}
	for _, n := range items {
		if n.News == messages.Recovered && n.ReplyTo != 0 {
			r.ReplyTo = n.ReplyTo
			break
		}
		r.ReplyTo = cmp.Or(r.ReplyTo, n.RelatedMessage)
	}
	return r
}

// Fit returns how many of the first items one message has room to name in their first lines.
// Details need no room: Render leaves them out first.
func Fit(items []messages.Notification, style Style) int {
	const headline = headlineKeys + 40 // EMOJI n signals: KEY…, and the note about lines left out
	room := style.Limit - headline - UTF16Length(clean(style.Host))
	for i, n := range items {
		if room -= UTF16Length(block(n, style, rankSignal)[0].text) + 1; room < 0 {
			return max(1, i)
		}
	}
	return len(items)
}

// BySeverity compares news for sorting: the most severe first, recoveries last.
func BySeverity(a, b messages.Notification) int {
	return cmp.Or(cmp.Compare(severity(b), severity(a)), cmp.Compare(a.Seq, b.Seq))
}

// severity returns a rank that grows with the level; 0 for troubles that are over.
func severity(n messages.Notification) int {
	if n.News == messages.Recovered || n.News == messages.Missed {
		return 0
	}
	return int(n.Level) + 1
}

// line is one line of a message.
type line struct {
	text          string
	rank          int
	key           string // the part that is monospaced; empty: none
	link          string // the URL that the text links; empty: none
	quote         bool   // it is a line of a log, shown in a collapsed quotation
	opens, closes bool   // it is the first or the last line of the quotation
}

func (l line) plain() string {
	if l.link != "" {
		return l.text + ": " + l.link
	}
	return l.text
}

// html returns the line with markup. Telegram does not nest code in bold, so the two alternate.
// html.EscapeString writes numeric entities for quotes, which Telegram accepts.
func (l line) html() string {
	if l.quote {
		text := html.EscapeString(l.text)
		if l.opens {
			text = "<blockquote expandable>" + text
		}
		if l.closes {
			text += "</blockquote>"
		}
		return text
	}
	if l.link != "" {
		return `<a href="` + html.EscapeString(l.link) + `">` + html.EscapeString(l.text) + "</a>"
	}
	before, after, ok := strings.Cut(l.text, l.key)
	if l.key == "" || !ok {
		return l.bold(l.text)
	}
	return l.bold(before) + "<code>" + html.EscapeString(l.key) + "</code>" + l.bold(after)
}

// bold returns a part of the line, in bold if the line is the headline.
func (l line) bold(text string) string {
	if text == "" || l.rank != rankHeadline {
		return html.EscapeString(text)
	}
	return "<b>" + html.EscapeString(text) + "</b>"
}

// Ranks of lines: shorten drops the lowest first.
const (
	rankDropped  = iota - 1
	rankLink     // to the handbook
	rankContext  // what a person would look up next
	rankTime     // since when and for how long
	rankDetail   // what happened
	rankSignal   // the first line of a block
	rankHeadline // the first line of the message
)

func layout(items []messages.Notification, style Style) []line {
	if len(items) == 1 {
		return block(items[0], style, rankHeadline)
	}
	keys := headKeys(items)
	lines := []line{{text: fmt.Sprintf("%s %d signals: %s · %s", emoji(items[0]), len(items), keys, clean(style.Host)), rank: rankHeadline, key: keys}}
	for _, n := range items {
		lines = append(lines, line{rank: rankTime})
		lines = append(lines, block(n, style, rankSignal)...)
	}
	return lines
}

// headlineKeys is the room for keys in a headline, in UTF-16 code units: a little more than the
// preview of a phone shows.
const headlineKeys = 120

// headKeys returns as many keys of the worst signals as a headline has room for.
func headKeys(items []messages.Notification) string {
	var names strings.Builder
	room := headlineKeys
	for i, n := range items {
		key := clean(string(n.Signal))
		if i > 0 {
			key = ", " + key
		}
		if room -= UTF16Length(key); room < 0 {
			if i == 0 {
				return cutLine(key, headlineKeys)
			}
			return names.String() + "…"
		}
		names.WriteString(key)
	}
	return names.String()
}

func block(n messages.Notification, style Style, rank int) []line {
	key := clean(string(n.Signal))
	lines := []line{{text: fmt.Sprintf("%s %s %s · %s", emoji(n), n.News, key, clean(style.Host)), rank: rank, key: key}}
	for text := range strings.SplitSeq(n.Text(), "\n") {
		if text = clean(text); text != "" {
			lines = append(lines, line{text: text, rank: rankDetail})
		}
	}
	if text := remark(n, style.Zone); text != "" {
		lines = append(lines, line{text: text, rank: rankDetail})
	}
	for _, text := range n.Context {
		if text = clean(text); text != "" {
			lines = append(lines, line{text: text, rank: rankContext})
		}
	}
	for _, text := range n.Quote {
		if text = clean(text); text != "" {
			lines = append(lines, line{text: text, rank: rankContext, quote: true})
		}
	}
	if text := times(n, style.Zone); text != "" {
		lines = append(lines, line{text: text, rank: rankTime})
	}
	if link := style.section(n); link != "" {
		lines = append(lines, line{text: "what to do", rank: rankLink, link: link})
	}
	return lines
}

// section returns the URL of the handbook's section about the signal, or "" if the trouble is
// over.
func (s Style) section(n messages.Notification) string {
	if s.Handbook == "" || n.News == messages.Recovered || n.News == messages.Missed {
		return ""
	}
	return s.Handbook + "#" + url.PathEscape(n.Signal.Kind())
}

// remark explains the kind of news where its name does not suffice.
func remark(n messages.Notification, zone *time.Location) string {
	switch {
	case !n.Acknowledged.IsZero():
		return clean(n.Acknowledged.Words(zone))
	case n.News == messages.Event && n.Count > 1:
		return fmt.Sprintf("%d times since the last one was told", n.Count)
	case n.News == messages.Flapping:
		return "it changes too often: from now on only reminders, until it has settled"
	case n.News == messages.Missed:
		return "it came and went while this chat could not be reached"
	}
	return ""
}

// emoji returns the colour of the level; green if the trouble is over.
func emoji(n messages.Notification) string {
	switch {
	case n.News == messages.Recovered || n.News == messages.Missed:
		return "🟢"
	case n.Level == messages.Critical:
		return "🔴"
	case n.Level == messages.Warning:
		return "🟡"
	}
	return "⚪" // flapping, and ok at the moment
}

// times returns since when and for how long the trouble has lasted.
func times(n messages.Notification, zone *time.Location) string {
	if n.News == messages.Event {
		return "at " + clock(n.At, n.At, zone)
	}
	if n.Since.IsZero() {
		return ""
	}
	lasted := duration.Words(n.At.Sub(n.Since))
	switch n.News {
	case messages.Recovered, messages.Missed:
		return fmt.Sprintf("from %s to %s, for %s", clock(n.Since, n.At, zone), clock(n.At, n.At, zone), lasted)
	default:
		return fmt.Sprintf("since %s, for %s", clock(n.Since, n.At, zone), lasted)
	}
}

// clock formats a time, with its date if that differs from the day of the message.
func clock(at, day time.Time, zone *time.Location) string {
	at, day = at.In(zone), day.In(zone)
	if at.Format(time.DateOnly) == day.Format(time.DateOnly) {
		return at.Format("15:04:05 MST")
	}
	return at.Format("2006-01-02 15:04:05 MST")
}

// clean makes text from outside a single line. It removes control characters, and characters
// that change the direction of text. Right-to-left text is isolated, so that it can't reorder
// the text around it.
func clean(text string) string {
	text = strings.ToValidUTF8(text, "�")
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), isBidiControl(r):
			return -1
		}
		return r
	}, text)
	text = strings.TrimSpace(text)
	if strings.ContainsFunc(text, isRightToLeft) {
		const firstStrongIsolate, popIsolate = "\u2068", "\u2069"
		return firstStrongIsolate + text + popIsolate
	}
	return text
}

func isBidiControl(r rune) bool {
	return r == '\u061c' || r == '\u200e' || r == '\u200f' || (r >= '\u202a' && r <= '\u202e') || (r >= '\u2066' && r <= '\u2069')
}

func isRightToLeft(r rune) bool {
	return unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko)
}

// UTF16Length returns the length of text in UTF-16 code units, in which Telegram and others count. An
// invalid rune counts as one.
func UTF16Length(text string) int {
	n := 0
	for _, r := range text {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}

// shorten drops whole lines until the text fits, the lowest rank and its last line first, and
// appends a note with their number.
func shorten(lines []line, limit int) []line {
	// A single line may be too long by itself, so it gets half of the limit at most.
	for i := range lines {
		lines[i].text = cutLine(lines[i].text, limit/2)
	}
	length := -1
	for _, l := range lines {
		length += UTF16Length(l.plain()) + 1
	}
	if length <= limit {
		return lines
	}
	dropped := 0
	note := func() string { return fmt.Sprintf("… %d lines left out", dropped) }
	for rank := rankLink; rank <= rankSignal; rank++ {
		for i := len(lines) - 1; i > 0; i-- {
			if lines[i].rank != rank {
				continue
			}
			if lines[i].text != "" {
				dropped++
			}
			length -= UTF16Length(lines[i].plain()) + 1
			lines[i].rank = rankDropped
			if length+UTF16Length(note())+1 <= limit {
				return append(lines, line{text: note(), rank: rankTime})
			}
		}
	}
	return lines
}

// quoted returns the kept lines, and marks where quotations begin and end.
func quoted(lines []line) []line {
	kept := slices.DeleteFunc(slices.Clone(lines), func(l line) bool { return l.rank == rankDropped })
	for i := range kept {
		kept[i].opens = kept[i].quote && (i == 0 || !kept[i-1].quote)
		kept[i].closes = kept[i].quote && (i == len(kept)-1 || !kept[i+1].quote)
	}
	return kept
}

// join writes the kept lines.
func join(lines []line, write func(line) string) string {
	texts := make([]string, 0, len(lines))
	for _, l := range lines {
		if l.rank != rankDropped {
			texts = append(texts, write(l))
		}
	}
	return strings.Join(texts, "\n")
}

// cutLine shortens a line to limit UTF-16 code units, never inside a surrogate pair.
func cutLine(text string, limit int) string {
	if UTF16Length(text) <= limit {
		return text
	}
	n := 0
	for i, r := range text {
		if n += max(1, utf16.RuneLen(r)); n > limit-1 {
			return text[:i] + "…"
		}
	}
	return text
}
