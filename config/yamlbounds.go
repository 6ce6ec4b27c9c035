package config

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml/token"
)

// What a YAML file may hold, above what any sensible one does. The parser takes many times
// the file's length for lists within lists, and the square of the number of keys of a
// mapping in time; so these are counted before it sees them.
const (
	maxYAMLMarks = 100_000 // commas, colons, brackets, dashes and lines, of which tokens are made
	maxYAMLDepth = 32
	maxYAMLKeys  = 5_000 // in one mapping
)

// tooMuch says what a text has too much of for the lexer; empty: nothing.
func tooMuch(text []byte) string {
	marks := 0
	for _, mark := range []byte(",:[{-\n") {
		marks += bytes.Count(text, []byte{mark})
	}
	if marks > maxYAMLMarks {
		return fmt.Sprintf("this is too much: over %d commas, colons, brackets, dashes and lines", maxYAMLMarks)
	}
	return ""
}

// level is a list or mapping that was not left yet.
type level struct {
	column int // where its keys or dashes stand; 0: it stands in brackets
	keys   int
}

// beyond finds the first token at which there are too many levels or keys; nil: there is none.
func beyond(tokens token.Tokens) (at *token.Token, problem string) {
	var levels []level
	enter := func(column int) {
		for len(levels) > 0 && levels[len(levels)-1].column > column {
			levels = levels[:len(levels)-1]
		}
		if len(levels) == 0 || levels[len(levels)-1].column < column {
			levels = append(levels, level{column: column})
		}
	}
	brackets := 0
	for i, t := range tokens {
		switch t.Type { //nolint:exhaustive // all other tokens are no levels
		case token.SequenceStartType, token.MappingStartType:
			brackets++
			levels = append(levels, level{})
		case token.SequenceEndType, token.MappingEndType:
			brackets = max(0, brackets-1)
			if open := lastBracket(levels); open >= 0 {
				levels = levels[:open]
			}
		case token.SequenceEntryType:
			if brackets == 0 {
				enter(t.Position.Column)
			}
		case token.MappingValueType:
			if brackets == 0 && i > 0 {
				enter(tokens[i-1].Position.Column)
			}
			if len(levels) > 0 {
				levels[len(levels)-1].keys++
			}
		}
		if len(levels) > maxYAMLDepth {
			return t, fmt.Sprintf("this is nested deeper than %d levels", maxYAMLDepth)
		}
		if n := len(levels); n > 0 && levels[n-1].keys > maxYAMLKeys {
			return t, fmt.Sprintf("this mapping has more than %d keys", maxYAMLKeys)
		}
	}
	return nil, ""
}

// lastBracket finds the innermost level that stands in brackets; -1: there is none.
func lastBracket(levels []level) int {
	for i, l := range slices.Backward(levels) {
		if l.column == 0 {
			return i
		}
	}
	return -1
}
