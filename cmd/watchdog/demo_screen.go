package main

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"orchestrator-watchdog/actors/notifier/telegram/telegramtest"
)

// screenWidth is where lines are broken; nothing depends on a terminal's own.
const screenWidth = 78

// screen writes the film, line after line: no cursor is ever moved.
type screen struct {
	out    io.Writer
	began  time.Time
	colour bool
}

func newScreen(out io.Writer, environ []string) *screen {
	terminal, _ := screenOf(out, environ)
	return &screen{out: out, began: time.Now(), colour: terminal.Colour}
}

// Styles, as terminals number them.
const (
	bold = 1
	dim  = 2
)

func (s *screen) style(style int, text string) string {
	if !s.colour {
		return text
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", style, text)
}

// open begins an act.
func (s *screen) open(number int, a act) {
	at := fmt.Sprintf("%4.1fs", time.Since(s.began).Seconds())
	fmt.Fprintf(s.out, "\n%s  %s\n", s.style(dim, at), s.style(bold, fmt.Sprintf("%d. %s", number, a.title)))
	s.tell(a.story)
}

// tell narrates.
func (s *screen) tell(story string) {
	for _, line := range wrapped(story, screenWidth-7) {
		fmt.Fprintf(s.out, "       %s\n", line)
	}
}

// aside shows what happens behind the chat.
func (s *screen) aside(format string, values ...any) {
	for i, line := range wrapped(fmt.Sprintf(format, values...), screenWidth-12) {
		if i > 0 {
			line = "   " + line
		}
		fmt.Fprintf(s.out, "         %s\n", s.style(dim, line))
	}
}

// bubble shows a message as the chat does: who wrote it, what it answers, its text,
// when it came and whether the phone rang.
func (s *screen) bubble(m telegramtest.Message, all []telegramtest.Message) {
	side := s.style(dim, "│")
	fmt.Fprintf(s.out, "    %s %s\n", s.style(dim, "╭─"), s.style(bold, "watchdog"))
	for _, quoted := range all {
		if m.ReplyTo != 0 && quoted.ID == m.ReplyTo {
			fmt.Fprintf(s.out, "    %s %s\n", side, s.style(dim, "▏↩ "+quoted.FirstLine()))
		}
	}
	for line := range strings.Lines(m.Plain) {
		for _, part := range wrapped(strings.TrimRight(line, "\n"), screenWidth-6) {
			fmt.Fprintf(s.out, "    %s %s\n", side, part)
		}
	}
	bell := "🔔 rings"
	if m.Silent {
		bell = "🔕 silent"
	}
	fmt.Fprintf(s.out, "    %s %s\n", s.style(dim, "╰─"), s.style(dim, m.At.UTC().Format("15:04:05")+" "+bell))
}

// wrapped breaks a text between words.
func wrapped(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ' ' }) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
