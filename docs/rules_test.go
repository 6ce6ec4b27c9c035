package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every rule that code cites is in rules.md, every rule there is cited, and every transcript that it
// names exists.
func TestRulesAreThoseOfTheCode(t *testing.T) {
	text, err := os.ReadFile("rules.md")
	if err != nil {
		t.Fatal(err)
	}
	written := make(map[string]bool)
	for _, m := range regexp.MustCompile(`(?m)^## rule ([0-9]+):`).FindAllStringSubmatch(string(text), -1) {
		written[m[1]] = true
	}
	cited := make(map[string]string)
	cite := regexp.MustCompile(`\brules? ([0-9]+)\b`)
	err = filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		code, err := os.ReadFile(path)
		for _, m := range cite.FindAllStringSubmatch(string(code), -1) {
			cited[m[1]] = path
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for rule, path := range cited {
		if !written[rule] {
			t.Errorf("%s cites rule %s, which is not in rules.md", path, rule)
		}
	}
	for rule := range written {
		if cited[rule] == "" {
			t.Errorf("no code cites rule %s", rule)
		}
	}
	for _, line := range regexp.MustCompile(`(?:Shown|Further) by [^\n]*`).FindAllString(string(text), -1) {
		for _, m := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(line, -1) {
			if _, err := os.Stat(filepath.Join("..", "actors", "core", "testdata", "transcripts", m[1]+".txt")); err != nil {
				t.Error(err)
			}
		}
	}
}
