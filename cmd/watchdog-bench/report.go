package main

import (
	"fmt"
	"os"
	"strings"
)

// write replaces the block of a document between these lines.
const (
	blockBegin = "<!-- figures -->"
	blockEnd   = "<!-- end of figures -->"
)

// report collects figures as Markdown, and prints each line at once.
type report struct {
	text  strings.Builder
	above []string // figures that exceed their bounds
}

func (r *report) add(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	fmt.Println(line)
	r.text.WriteString(line + "\n")
}

// table begins a table.
func (r *report) table(title string, columns ...string) {
	r.add("\n### %s\n", title)
	r.row(columns...)
	r.add("|%s", strings.Repeat("---|", len(columns)))
}

func (r *report) row(cells ...string) { r.add("| %s |", strings.Join(cells, " | ")) }

// bound records a figure if it exceeds its bound.
func (r *report) bound(what string, value, most float64) {
	if value > most {
		r.above = append(r.above, fmt.Sprintf("%s is %.2f, want at most %.2f", what, value, most))
	}
}

// bars draws values as bars on one scale.
func (r *report) bars(title, unit string, labels []string, values []float64) {
	const widest = 48
	most := 0.0
	for _, v := range values {
		most = max(most, v)
	}
	r.add("\n```text\n%s", title)
	for i, v := range values {
		r.add("%22s %s %.1f %s", labels[i], strings.Repeat("█", max(1, int(v/most*widest))), v, unit)
	}
	r.add("```")
}

// write replaces the block of the file by the report.
func (r *report) write(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, begins := strings.Cut(string(text), blockBegin)
	_, after, ends := strings.Cut(rest, blockEnd)
	if !begins || !ends {
		return fmt.Errorf("%s has no block between %q and %q", file, blockBegin, blockEnd)
	}
	return os.WriteFile(file, []byte(before+blockBegin+"\n"+r.text.String()+"\n"+blockEnd+after), 0o600)
}
