package main

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"orchestrator-watchdog/supervisor/assembly"
)

// Every help page fits 80 columns, and every setting that it names exists.
func TestEveryPageFits(t *testing.T) {
	pages := [][]string{{"help"}}
	for _, c := range commands() {
		pages = append(pages, []string{"help", c.name})
		for _, name := range c.settings {
			if means, _ := assembly.Kinds.About(name); means == "" {
				t.Errorf("%s: there is no setting %s", c.name, name)
			}
		}
	}
	for _, args := range pages {
		var out, errs bytes.Buffer
		if code := dispatch(world{args: args, stdout: &out, stderr: &errs}); code != exitWell || errs.Len() > 0 {
			t.Errorf("%v: %d, %s", args, code, errs.String())
		}
		for line := range strings.Lines(out.String()) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > pageWidth {
				t.Errorf("%v: %d columns: %s", args, n, line)
			}
		}
	}
}
