package operator

import (
	"fmt"
	"html"
	"strings"
	"unicode/utf16"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/messages"
)

const (
	// maxLine is the limit on one value in a line, in bytes.
	maxLine = 400
	// maxUnits is the limit on a text, in UTF-16 code units: less than Telegram's 4,096.
	maxUnits = 3800
	// maxWord is how much of a word from a command is shown, in bytes.
	maxWord = 100
)

// Text is an answer in lines. Keys are monospaced.
type Text []line

type line []part

type part struct {
	text string
	key  bool // monospaced
}

// linef formats a line. Each %v stands for a value. Values of type messages.Key and []messages.Key
// are monospaced. All values are cleaned and bounded by peer.Line.
func linef(format string, values ...any) line {
	var l line
	for i, text := range strings.Split(format, "%v") {
		if i > 0 {
			l = append(l, parts(values[i-1])...)
		}
		if text != "" {
			l = append(l, part{text, false})
		}
	}
	return l
}

func parts(value any) line {
	switch v := value.(type) {
	case messages.Key:
		return line{{peer.Line(string(v), maxLine), true}}
	case []messages.Key:
		var l line
		for i, k := range v {
			if i == maxListed {
				return append(l, part{fmt.Sprintf(" and %d more", len(v)-i), false})
			}
			if i > 0 {
				l = append(l, part{", ", false})
			}
			l = append(l, parts(k)...)
		}
		return l
	}
	return line{{peer.Line(fmt.Sprint(value), maxLine), false}}
}

// OneLine returns a text of one line, see linef.
func OneLine(format string, values ...any) Text { return Text{linef(format, values...)} }

func (l line) String() string {
	var b strings.Builder
	for _, p := range l {
		b.WriteString(p.text)
	}
	return b.String()
}

func (l line) html() string {
	var b strings.Builder
	for _, p := range l {
		text := html.EscapeString(p.text)
		if p.key {
			text = "<code>" + text + "</code>"
		}
		b.WriteString(text)
	}
	return b.String()
}

// String returns the text without markup.
func (t Text) String() string { return t.lines(line.String) }

// HTML returns the text with Telegram's HTML markup.
func (t Text) HTML() string { return t.lines(line.html) }

// lines joins as many lines as fit into one message, and adds how many are left out.
func (t Text) lines(write func(line) string) string {
	var all []string
	room := maxUnits
	for i, l := range t {
		if room -= units(l.String()) + 1; room < 0 {
			all = append(all, fmt.Sprintf("… %d lines left out", len(t)-i))
			break
		}
		all = append(all, write(l))
	}
	return strings.Join(all, "\n")
}

func units(text string) int { return len(utf16.Encode([]rune(text))) }

func shortened(word string) string { return peer.Line(word, maxWord) }
