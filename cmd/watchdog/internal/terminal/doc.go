// Package terminal lays out text for people: lines that fit, columns that align, colours
// where they are wanted, and nothing that came from outside as a command.
package terminal
