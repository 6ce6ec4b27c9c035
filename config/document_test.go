package config_test

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"orchestrator-watchdog/actors/probe/container"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/supervisor/assembly"
)

var update = flag.Bool("update", false, "write the files that are generated from the settings")

// The generated files are up to date.
func TestDocumentsAreThoseOfTheTable(t *testing.T) {
	for file, want := range map[string]string{
		"../docs/settings.md":             config.Markdown(assembly.Kinds),
		"../deploy/.env.watchdog.example": config.EnvExample(assembly.Kinds),
		"../deploy/watchdog.example.yaml": config.YAMLExample(assembly.Kinds),
	} {
		if *update {
			if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%s is out of date: go test ./config -update", file)
		}
	}
}

// The Compose file passes every variable on. With -update, a missing one is inserted after its
// predecessor.
func TestTheComposeFileKnowsEveryVariable(t *testing.T) {
	const file = "../deploy/compose.yaml"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	compose, before := string(text), "    environment:"
	for _, name := range assembly.Kinds.Variables() {
		line := regexp.MustCompile("\n      " + name + `: \$\{` + name + ":-.*").FindString(compose)
		switch {
		case line == "" && *update:
			line = "\n      " + name + ": ${" + name + ":-}"
			compose = strings.Replace(compose, before, before+line, 1)
		case line == "":
			t.Errorf("%s does not pass %s on: go test ./config -update", file, name)
		}
		before = line
	}
	if *update {
		if err := os.WriteFile(file, []byte(compose), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// The example file is valid, and has every section.
func TestTheExampleFileIsValid(t *testing.T) {
	c, _, err := yaml(config.YAMLExample(assembly.Kinds))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Dependencies) == 0 || len(c.Signals) == 0 || len(c.Maintenance) == 0 || len(c.Rules) == 0 || len(config.Section[*container.Settings](c).Exclude) == 0 {
		t.Errorf("a section is missing: %v", c)
	}
}

// The example file is valid with all comments of settings removed.
func TestTheExampleFileIsValidWithoutItsComments(t *testing.T) {
	text := regexp.MustCompile(`(?m)^( *)#(\S)`).ReplaceAllString(config.YAMLExample(assembly.Kinds), "$1$2")
	c, _, err := yaml(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range c.Effective() {
		if s.Origin == "default" {
			t.Errorf("%s is not in the example file", s.Name)
		}
	}
}
