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

// template is a text with placeholders: what stands literally, and in between, at odd
// places, names.
type template []string

// parse cuts a text at its placeholders. A name that is not known is an error.
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

// fill puts values in the place of the names, each escaped.
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

// The escapes, by where a value stands.

// inJSON is for a string in JSON. Nothing that is valid JSON has a placeholder outside of one.
func inJSON(text string) string {
	quoted, _ := json.Marshal(text) // a string always can be
	return string(quoted[1 : len(quoted)-1])
}

// inURL is for a path, a query or a form.
func inURL(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

// inHeader is for the value of a header: one line.
func inHeader(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}

// asIs is for plain text.
func asIs(text string) string { return text }
