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
	// maxLine bounds one line, in bytes.
	maxLine = 400
	// maxUnits bounds a text, in UTF-16 code units: less than the 4,096 that a chat takes.
	maxUnits = 3800
	// maxWord bounds what is shown of a word that somebody wrote, in bytes.
	maxWord = 100
)

// Text is an answer: lines, parts of which are monospaced.
type Text []line

type line []part

type part struct {
	text string
	key  bool // monospaced
}

// say makes a line. Values of the type messages.Key, and lists of them, are monospaced; all text
// is made fit to be shown.
func say(format string, values ...any) line {
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

// One is a text of one line.
func One(format string, values ...any) Text { return Text{say(format, values...)} }

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

// String is the text without markup.
func (t Text) String() string { return t.lines(line.String) }

// HTML is the text with the markup that Telegram takes.
func (t Text) HTML() string { return t.lines(line.html) }

// lines writes as many lines as a chat takes in one message, and how many are missing.
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
