package webhook

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// placeholder is a name in braces.
var placeholder = regexp.MustCompile(`\{[A-Za-z_][A-Za-z0-9_]*\}`)

// template is a text with placeholders. Even elements are literal text, odd elements names.
type template []string

// parse splits a text at its placeholders. An unknown name is an error.
func parse(text string, known []string) (template, error) {
	var parts template
	done := 0
	for _, at := range placeholder.FindAllStringIndex(text, -1) {
		name := text[at[0]+1 : at[1]-1]
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("there is no placeholder {%s}; there are: {%s}", name, strings.Join(known, "}, {"))
		}
		parts = append(parts, text[done:at[0]], name)
		done = at[1]
	}
	return append(parts, text[done:]), nil
}

// fill replaces the names by their values, each escaped.
func (t template) fill(values map[string]string, escape func(string) string) string {
	var filled strings.Builder
	for i, part := range t {
		if i%2 == 1 {
			part = escape(values[part])
		}
		filled.WriteString(part)
	}
	return filled.String()
}

// inJSON escapes a value for a JSON string. Valid JSON has placeholders only in strings.
func inJSON(text string) string {
	quoted, _ := json.Marshal(text) // never fails for a string
	return string(quoted[1 : len(quoted)-1])
}

// inURL escapes a value for a path, a query or a form.
func inURL(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

// inHeader makes a value one line, for a header.
func inHeader(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}

// asIs returns a value unchanged, for plain text.
func asIs(text string) string { return text }
