package jsonscan

import "encoding/json"

// The functions of this file check nothing: valid JSON keeps them from running past the end.

// Space returns where the next token begins.
func Space(doc []byte, i int) int {
	for i < len(doc) && (doc[i] == ' ' || doc[i] == '\n' || doc[i] == '\t' || doc[i] == '\r') {
		i++
	}
	return i
}

// String returns the end of the string that begins at i.
func String(doc []byte, i int) int {
	for i++; doc[i] != '"'; i++ {
		if doc[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// Value returns the end of the value that begins at i. It does not recurse, so depth costs no stack.
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

// skipPlain returns the end of a number, true, false or null.
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

// Text decodes a quoted string.
func Text(quoted []byte) string {
	var s string
	_ = json.Unmarshal(quoted, &s) // the document is valid
	return s
}
