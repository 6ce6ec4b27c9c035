package demo

import (
	"fmt"
	"io"
	"strings"
	"time"

	"orchestrator-watchdog/actors/notifier/telegram/fakeapi"
	"orchestrator-watchdog/cmd/watchdog/internal/terminal"
)

// screenWidth is the width of the film in columns, whatever the terminal's width is.
const screenWidth = 78

// screen writes the film line by line; it never moves the cursor.
type screen struct {
	terminal.Screen
	out   io.Writer
	began time.Time
}

// open prints the title and the story of an act.
func (s *screen) open(number int, a act) {
	at := fmt.Sprintf("%4.1fs", time.Since(s.began).Seconds())
	fmt.Fprintf(s.out, "\n%s  %s\n", s.Styled(terminal.Dim, at), s.Styled(terminal.Bold, fmt.Sprintf("%d. %s", number, a.title)))
	s.tell(a.story)
}

// tell prints a paragraph of the story.
func (s *screen) tell(story string) {
	for _, line := range terminal.Wrap(story, screenWidth-7) {
		fmt.Fprintf(s.out, "       %s\n", line)
	}
}

// aside prints what happens outside the chat.
func (s *screen) aside(format string, values ...any) {
	for i, line := range terminal.Wrap(fmt.Sprintf(format, values...), screenWidth-12) {
		if i > 0 {
			line = "   " + line
		}
		fmt.Fprintf(s.out, "         %s\n", s.Styled(terminal.Dim, line))
	}
}

// chartHeight is how many lines a chart has, with its axis and title.
const chartHeight = 14

// draw prints a chart.
func (s *screen) draw(chart string) {
	for line := range strings.Lines(chart) {
		fmt.Fprintf(s.out, "      %s\n", strings.TrimRight(line, " \n"))
	}
	fmt.Fprintln(s.out)
}

// bubble prints a message as the chat shows it: its author, the message it replies to, its text,
// its time and whether the phone rang.
func (s *screen) bubble(m fakeapi.Message, all []fakeapi.Message) {
	side := s.Styled(terminal.Dim, "│")
	fmt.Fprintf(s.out, "    %s %s\n", s.Styled(terminal.Dim, "╭─"), s.Styled(terminal.Bold, "watchdog"))
	for _, quoted := range all {
		if m.ReplyTo != 0 && quoted.ID == m.ReplyTo {
			fmt.Fprintf(s.out, "    %s %s\n", side, s.Styled(terminal.Dim, "▏↩ "+quoted.FirstLine()))
		}
	}
	for line := range strings.Lines(m.Plain) {
		for _, part := range terminal.Wrap(strings.TrimRight(line, "\n"), screenWidth-6) {
			fmt.Fprintf(s.out, "    %s %s\n", side, part)
		}
	}
	bell := "🔔 rings"
	if m.Silent {
		bell = "🔕 silent"
	}
	fmt.Fprintf(s.out, "    %s %s\n", s.Styled(terminal.Dim, "╰─"), s.Styled(terminal.Dim, m.At.UTC().Format("15:04:05")+" "+bell))
}
