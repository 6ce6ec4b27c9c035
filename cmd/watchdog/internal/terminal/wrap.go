package terminal

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Wrap breaks a text into lines of at most width columns, at spaces if possible.
func Wrap(text string, width int) []string {
	var lines []string
	line, used := "", 0
	flush := func() {
		if line != "" {
			lines = append(lines, line)
		}
		line, used = "", 0
	}
	for _, word := range strings.FieldsFunc(text, breaks) {
		n := Columns(word)
		if line != "" && used+1+n > width {
			flush()
		}
		for n > width {
			head, tail := cut(word, width)
			lines = append(lines, head)
			word, n = tail, Columns(tail)
		}
		if line != "" {
			line, used = line+" ", used+1
		}
		line, used = line+word, used+n
	}
	flush()
	return lines
}

// breaks reports whether a line may be broken at the character: a space other than the one that
// keeps a number and its unit together.
func breaks(r rune) bool { return unicode.IsSpace(r) && r != '\u00a0' }

// cut splits a word after as many characters as fit, at least one.
func cut(word string, width int) (head, tail string) {
	used := 0
	for i, r := range word {
		if used += columnsOf(r); used > width && i > 0 {
			return word[:i], word[i:]
		}
	}
	return word, ""
}

// Indented wraps a text; first precedes its first line, and below the others.
func Indented(first, below, text string, width int) string {
	var b strings.Builder
	for i, line := range Wrap(text, max(width-Columns(below), 1)) {
		if i == 0 {
			b.WriteString(first)
		} else {
			b.WriteString(below)
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// Padded pads a text with spaces to width columns.
func Padded(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-Columns(text)))
}

// Columns returns the number of terminal columns of a text.
func Columns(text string) int {
	n := 0
	for _, r := range text {
		n += columnsOf(r)
	}
	return n
}

// wide is the set of characters that take two columns: East Asian ones, and emoji.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{{0x1100, 0x115f, 1}, {0x2e80, 0xa4cf, 1}, {0xac00, 0xd7a3, 1}, {0xf900, 0xfaff, 1}, {0xfe30, 0xfe6f, 1}, {0xff00, 0xff60, 1}, {0xffe0, 0xffe6, 1}},
	R32: []unicode.Range32{{0x1f300, 0x1faff, 1}, {0x20000, 0x3fffd, 1}},
}

func columnsOf(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case unicode.Is(wide, r):
		return 2
	}
	return 1
}

// Printable makes text from outside safe for a terminal: it replaces characters that would move the
// cursor, change colours or reorder the text.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(text, string(utf8.RuneError)))
}
