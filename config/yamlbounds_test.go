package config_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"orchestrator-watchdog/config"
	"orchestrator-watchdog/supervisor/assembly"
)

func loadText(text string) error {
	_, _, err := assembly.Load(config.Source{
		Environ:  []string{"WATCHDOG_CONFIG=/w.yaml"},
		ReadFile: func(string) ([]byte, error) { return []byte(text), nil },
	})
	return err
}

// A file for which the parser would need a gigabyte or minutes is refused before parsing, with one
// line that says where and why.
func TestAFileThatIsTooMuchIsRefused(t *testing.T) {
	var keys, indented strings.Builder
	for i := range 6000 {
		fmt.Fprintf(&keys, "key%d: 1\n", i)
	}
	for i := range 100 {
		fmt.Fprintf(&indented, "%sa:\n", strings.Repeat(" ", i))
	}
	for name, c := range map[string]struct{ text, want string }{
		"brackets": {strings.Repeat("[", 10_000), "/w.yaml:1:33: this is nested deeper than 32 levels"},
		"braces":   {strings.Repeat("{a: ", 3000), "nested deeper than 32 levels"},
		"dashes":   {strings.Repeat("- ", 10_000), "nested deeper than 32 levels"},
		"indents":  {indented.String(), "/w.yaml:33:"},
		"keys":     {keys.String(), "/w.yaml:5001:8: this mapping has more than 5000 keys"},
		"items":    {"a: [" + strings.Repeat("1,", 300_000) + "]", "/w.yaml: this is too much"},
		"a tab":    {"orchestrator:\n\turl: x\n", "there is a tab: YAML is indented with spaces only"},
		"a sign":   {"a: @x\n", "this character can't begin anything here: put the value in quotes"},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := loadText(c.text)
			runtime.ReadMemStats(&after)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 32 {
				t.Errorf("it took %d MiB", took)
			}
		})
	}
}

// A large valid file is accepted: closed levels and keys of other mappings don't count.
func TestAFileOfManyPartsIsRead(t *testing.T) {
	var file strings.Builder
	file.WriteString("dependencies:\n")
	for i := range 1000 {
		fmt.Fprintf(&file, "  - name: d%d\n    http:\n      url: \"http://x/[[[\"\n      json: {a: \"{\", b: 'it''s'} # don't\n", i)
	}
	if err := loadText(file.String()); err != nil {
		t.Error(err)
	}
}

// Of very many problems the first ones are listed, and the others counted.
func TestVeryManyProblems(t *testing.T) {
	var keys strings.Builder
	for i := range 4000 {
		fmt.Fprintf(&keys, "key%d: 1\n", i)
	}
	lines := strings.Split(loadText(keys.String()).Error(), "\n")
	if len(lines) != 101 || lines[100] != "and 3900 more problems" {
		t.Errorf("%d lines, the last is %q", len(lines), lines[len(lines)-1])
	}
}
