package terminal

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// Wrapping any text loses nothing but space, and no line is too long.
func TestWrapLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, width := Printable(rapid.String().Draw(t, "text")), rapid.IntRange(2, 100).Draw(t, "width")
		lines := Wrap(text, width)
		for _, line := range lines {
			if Columns(line) > width || line == "" || !utf8.ValidString(line) {
				t.Fatalf("%q has %d columns, want at most %d", line, Columns(line), width)
			}
		}
		squeezed := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if got := squeezed(strings.Join(lines, " ")); got != squeezed(text) {
			t.Fatalf("%q became %q", text, lines)
		}
	})
}

// Lines are broken between words, and a number is not separated from its unit.
func TestLinesAreBrokenBetweenWords(t *testing.T) {
	got := strings.Join(Wrap("one two three after 13\u00a0s", 9), "|")
	if want := "one two|three|after|13\u00a0s"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Only a terminal with colours gets a style.
func TestStylesAreForColours(t *testing.T) {
	if got := (Screen{}).Styled(Bold, "x"); got != "x" {
		t.Errorf("without colours: %q", got)
	}
	if got := (Screen{Colour: true}).Styled(Bold, "x"); got != "\x1b[1mx\x1b[0m" {
		t.Errorf("with colours: %q", got)
	}
}
