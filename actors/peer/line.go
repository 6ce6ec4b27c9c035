package peer

import (
	"strings"
	"unicode"
)

// Line returns text from outside as one line of at most limit bytes, without control characters,
// characters that change the direction of writing, and invalid UTF-8.
func Line(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) {
			return ' '
		}
		if unicode.Is(unicode.Cf, r) { // bidi marks, zero-width characters, the BOM
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "") + "…"
	}
	return text
}
