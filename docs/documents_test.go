package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"orchestrator-watchdog/config"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor/assembly"
)

var (
	section = regexp.MustCompile(`(?m)^### (\S+)\n((?:[^#\n].*\n|\n)*)`)
	item    = regexp.MustCompile(`(?m)^\d+\. `)
)

// Every kind of signal has a section, in the order of the table, with its meaning, three steps and
// how to tune it; and every section has a kind.
func TestEveryKindHasItsSection(t *testing.T) {
	_, meanings, found := strings.Cut(read(t, "operations.md"), "\n## What an alert means")
	if !found {
		t.Fatal("docs/operations.md does not say what an alert means")
	}
	bodies := make(map[string]string)
	var sections, kinds []string
	for _, m := range section.FindAllStringSubmatch(meanings, -1) {
		bodies[m[1]] = m[2]
		sections = append(sections, m[1])
	}
	for _, k := range messages.Kinds {
		kinds = append(kinds, k.Name)
		body := bodies[k.Name]
		if n := len(item.FindAllString(body, -1)); n != 3 || strings.HasPrefix(strings.TrimSpace(body), "1. ") {
			t.Errorf("docs/operations.md#%s has no meaning, or %d steps, want 3", k.Name, n)
		}
		if !strings.Contains(body, "\nTune: ") {
			t.Errorf("docs/operations.md#%s does not say how to tune it", k.Name)
		}
	}
	if !slices.Equal(sections, kinds) {
		t.Errorf("the sections are\n%q, and the kinds\n%q", sections, kinds)
	}
}

// The handbook names the settings that need a restart.
func TestTheHandbookNamesWhatNeedsARestart(t *testing.T) {
	_, after, _ := strings.Cut(read(t, "operations.md"), "\n- These settings need a restart, and a `config_warning` says so: ")
	list, _, _ := strings.Cut(after, ".\n")
	named := regexp.MustCompile("`(?:WATCHDOG)?(_[A-Z_]+)`").ReplaceAllString(list, "WATCHDOG$1")
	got := slices.Sorted(slices.Values(strings.FieldsFunc(named, func(r rune) bool { return strings.ContainsRune(", \n", r) })))
	if want := slices.Sorted(slices.Values(assembly.Kinds.Fixed())); !slices.Equal(got, want) {
		t.Errorf("named %q, want %q", got, want)
	}
}

var setting = regexp.MustCompile("`((?:signals|host|containers|orchestrator|maintenance): [{[][^`]*)`")

// Settings in the handbook are valid YAML settings.
func TestSettingsInTheHandbookAreValid(t *testing.T) {
	found := setting.FindAllStringSubmatch(read(t, "operations.md"), -1)
	if len(found) < 20 {
		t.Fatalf("only %d settings were found", len(found))
	}
	for _, m := range found {
		_, _, err := assembly.Load(config.Source{
			Environ:  []string{"WATCHDOG_CONFIG=handbook.yaml"},
			ReadFile: func(string) ([]byte, error) { return []byte(m[1] + "\n"), nil },
		})
		if err != nil {
			t.Errorf("`%s`: %v", m[1], err)
		}
	}
}

var variable = regexp.MustCompile(`WATCHDOG_[A-Z_]*[A-Z]`)

// Every variable in a document exists.
func TestVariablesInDocumentsExist(t *testing.T) {
	known := append(assembly.Kinds.Variables(), "WATCHDOG_IMAGE") // of the Compose file
	for _, file := range documents(t) {
		for _, name := range variable.FindAllString(read(t, file), -1) {
			if !slices.Contains(known, name) {
				t.Errorf("%s names %s, which does not exist", file, name)
			}
		}
	}
}

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// Links between documents lead to existing files and headings.
func TestLinksLeadSomewhere(t *testing.T) {
	for _, file := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(read(t, file), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			path, anchor, _ := strings.Cut(m[1], "#")
			target := file
			if path != "" {
				target = filepath.Join(filepath.Dir(file), path)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s: %v", file, m[1], err)
				continue
			}
			if anchor != "" && !slices.Contains(anchors(read(t, target)), anchor) {
				t.Errorf("%s links to %s, but there is no such heading", file, m[1])
			}
		}
	}
}

var (
	heading  = regexp.MustCompile(`(?m)^#+ (.*)$`)
	noAnchor = regexp.MustCompile("[^a-z0-9 _-]")
)

// anchors returns the anchors that GitHub generates for a document's headings.
func anchors(text string) []string {
	var all []string
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		all = append(all, strings.ReplaceAll(noAnchor.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-"))
	}
	return all
}

// documents lists the documents of the project.
func documents(t *testing.T) []string {
	t.Helper()
	files := []string{"../README.md", "../CHANGELOG.md", "../CONTRIBUTING.md"}
	for _, root := range []string{".", "../deploy"} {
		err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if strings.HasSuffix(path, ".md") {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// namedFile matches a file in a recipe, by its path from the root.
var namedFile = regexp.MustCompile("`((?:[a-z.][a-zA-Z0-9_.-]*/)+[a-z_]+\\.go)`")

// The files in the recipes exist.
func TestTheRecipesNameExistingFiles(t *testing.T) {
	found := namedFile.FindAllStringSubmatch(read(t, "../CONTRIBUTING.md"), -1)
	if len(found) < 10 {
		t.Fatalf("only %d files were found", len(found))
	}
	for _, m := range found {
		if _, err := os.Stat(filepath.Join("..", m[1])); err != nil {
			t.Error(err)
		}
	}
}

var walked = regexp.MustCompile("`((?:[a-z]+/)+[a-z]+\\.go)`")

// Every file in a walk exists, and none appears twice.
func TestTheWalksNameExistingFiles(t *testing.T) {
	walks := strings.Split(read(t, "architecture.md"), "\n## ")[1:]
	for _, walk := range walks {
		name, _, _ := strings.Cut(walk, "\n")
		seen := make(map[string]bool)
		for _, m := range walked.FindAllStringSubmatch(walk, -1) {
			if seen[m[1]] {
				t.Errorf("%s: %s appears twice", name, m[1])
			}
			seen[m[1]] = true
			_, err := os.Stat(filepath.Join("..", m[1]))
			if _, short := os.Stat(filepath.Join("..", "actors", m[1])); err != nil && short != nil {
				t.Errorf("%s: there is no file %s", name, m[1])
			}
		}
		if len(seen) < 6 {
			t.Errorf("%s has only %d files", name, len(seen))
		}
	}
}
