package jsonscan

import "encoding/json"

// This file walks over JSON that was found valid before, so that it neither checks
// anything nor can run past the end.

// Space gives where the next token begins.
func Space(doc []byte, i int) int {
	for i < len(doc) && (doc[i] == ' ' || doc[i] == '\n' || doc[i] == '\t' || doc[i] == '\r') {
		i++
	}
	return i
}

// String gives where the string that begins at i ends.
func String(doc []byte, i int) int {
	for i++; doc[i] != '"'; i++ {
		if doc[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// Value gives where the value that begins at i ends, however deep it is.
func Value(doc []byte, i int) int {
	for depth := 0; ; {
		switch doc[i] {
		case '"':
			i = String(doc, i)
		case '{', '[':
			depth++
			i++
		case '}', ']':
			depth--
			i++
		default:
			i = skipPlain(doc, i)
		}
		if depth == 0 {
			return i
		}
		for i = Space(doc, i); doc[i] == ',' || doc[i] == ':'; {
			i = Space(doc, i+1)
		}
	}
}

// skipPlain gives where a number, true, false or null ends.
func skipPlain(doc []byte, i int) int {
	for i < len(doc) {
		switch doc[i] {
		case ',', ':', '}', ']', ' ', '\n', '\t', '\r':
			return i
		}
		i++
	}
	return i
}

// Text decodes a string that stands in quotes.
func Text(quoted []byte) string {
	var s string
	_ = json.Unmarshal(quoted, &s) // the document is valid
	return s
}
