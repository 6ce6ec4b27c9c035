package terminal

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// DefaultWidth is how many columns a text has where nobody says: of a terminal that
// does not tell, and of anything that is none.
const DefaultWidth = 80

// minWidth is the narrowest layout; below it lines are as long as they have to be.
const minWidth = 60

// Screen is what a text is laid out for.
type Screen struct {
	Columns int // 0: DefaultWidth
	Colour  bool
}

// ScreenOf tells whether an output is a terminal, and what fits there. Colours are for
// terminals alone, and not where NO_COLOR is set (no-color.org) or the terminal is dumb.
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

// variable is the value of an environment variable; of several the last one counts.
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
		return DefaultWidth
	}
	return max(s.Columns, minWidth)
}

// Clear empties a terminal and goes to its beginning.
const Clear = "\x1b[H\x1b[2J"

// Style is how a terminal shows a text, as the parameters of its SGR sequence.
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

// Styled shows a text in a style, where the screen has colours; what follows it stays as
// it was.
func (s Screen) Styled(style Style, text string) string {
	if !s.Colour || style == "" {
		return text
	}
	return fmt.Sprintf("\x1b[%sm%s\x1b[0m", style, text)
}
