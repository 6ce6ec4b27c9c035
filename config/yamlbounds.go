package config

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml/token"
)

// Limits of a YAML file, far above those of any sensible one. The parser needs many times the
// file's length in memory for nested lists, and time in the square of the number of keys of a
// mapping, so these are counted before it runs.
const (
	maxYAMLMarks = 100_000 // commas, colons, brackets, dashes and lines, which become tokens
	maxYAMLDepth = 32
	maxYAMLKeys  = 5_000 // in one mapping
)

// tooMuch returns a problem if a text has too many tokens for the lexer, or an empty string.
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

// level is an open list or mapping.
type level struct {
	column int // of its keys or dashes; 0: in brackets
	keys   int
}

// exceeds returns the first token that exceeds the limit of levels or keys, or nil.
func exceeds(tokens token.Tokens) (at *token.Token, problem string) {
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
		switch t.Type { //nolint:exhaustive // other tokens don't change levels
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

// lastBracket returns the index of the innermost level in brackets, or -1.
func lastBracket(levels []level) int {
	for i, l := range slices.Backward(levels) {
		if l.column == 0 {
			return i
		}
	}
	return -1
}
