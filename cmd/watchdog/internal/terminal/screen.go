package terminal

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// defaultWidth is the number of columns of an output that is no terminal, or whose width is
// unknown.
const defaultWidth = 80

// minWidth is the narrowest layout; on narrower terminals lines are too long.
const minWidth = 60

// Screen describes the output that a text is laid out for.
type Screen struct {
	Columns int // 0: defaultWidth
	Colour  bool
}

// ScreenOf reports whether an output is a terminal, and its size. Colours are used only on
// terminals, unless NO_COLOR is set (no-color.org) or the terminal is dumb.
func ScreenOf(out io.Writer, environ []string) (s Screen, terminal bool) {
	file, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return s, false
	}
	if width, _, err := term.GetSize(int(file.Fd())); err == nil {
		s.Columns = width
	}
	s.Colour = variable(environ, "NO_COLOR") == "" && variable(environ, "TERM") != "dumb"
	return s, true
}

// variable returns the value of an environment variable; the last one of several wins.
func variable(environ []string, name string) string {
	value := ""
	for _, pair := range environ {
		if v, is := strings.CutPrefix(pair, name+"="); is {
			value = v
		}
	}
	return value
}

// Width is the number of columns to lay out for.
func (s Screen) Width() int {
	if s.Columns == 0 {
		return defaultWidth
	}
	return max(s.Columns, minWidth)
}

// Clear clears a terminal and moves the cursor to the top left.
const Clear = "\x1b[H\x1b[2J"

// Style holds the parameters of an SGR sequence.
type Style string

// Styles in use.
const (
	Bold    Style = "1"
	Dim     Style = "2"
	BoldRed Style = "1;31"
	Yellow  Style = "33"
	Magenta Style = "35"
	Cyan    Style = "36"
	Green   Style = "32"
)

// Styled returns the text in a style if the screen has colours. Text after it is not affected.
func (s Screen) Styled(style Style, text string) string {
	if !s.Colour || style == "" {
		return text
	}
	return fmt.Sprintf("\x1b[%sm%s\x1b[0m", style, text)
}
