package supervisor_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	ruleFiles = regexp.MustCompile(`(?m)^ {10}files: \[(.*)\]$`)
	quoted    = regexp.MustCompile(`"([^"]+)"`)
	wildcards = strings.NewReplacer(`\*\*/`, `(?:.*/)?`, `\*\*`, `.*`, `\*`, `[^/]*`)
)

// A depguard rule covers every file of the product, so that a new package needs a rule.
func TestEveryFileHasARuleOfImports(t *testing.T) {
	settings, err := os.ReadFile("../.golangci.yml")
	if err != nil {
		t.Fatal(err)
	}
	var patterns []string
	for _, files := range ruleFiles.FindAllStringSubmatch(string(settings), -1) {
		for _, p := range quoted.FindAllStringSubmatch(files[1], -1) {
			if !strings.HasPrefix(p[1], "!") {
				patterns = append(patterns, wildcards.Replace(regexp.QuoteMeta(p[1])))
			}
		}
	}
	covered := regexp.MustCompile(`^(?:` + strings.Join(patterns, "|") + `)$`)
	seen := 0
	err = filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && path == "../.ci" {
			return filepath.SkipDir // the tools are a separate module, and not shipped
		}
		name := filepath.ToSlash(strings.TrimPrefix(path, "../"))
		if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		seen++
		if !covered.MatchString(name) {
			t.Errorf("no rule of depguard in .golangci.yml covers %s", name)
		}
		return nil
	})
	if err != nil || seen == 0 || len(patterns) == 0 {
		t.Fatalf("%d files seen, %d patterns: %v", seen, len(patterns), err)
	}
}
