// Package terminal lays out text for people: line wrapping, aligned columns, colours, and
// protection against control characters in text from outside.
package terminal
