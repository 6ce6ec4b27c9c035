package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"orchestrator-watchdog/config/field"
)

// shownInFile lists the settings that are not commented out in the example file.
var shownInFile = []string{"orchestrator.url", "containers.exclude", "containers.expect"}

// YAMLExample returns deploy/watchdog.example.yaml: every setting in its place, with its
// default commented out, and an example of each section.
func YAMLExample(kinds Kinds) string {
	e := exampleFile{kinds: kinds}
	e.WriteString("# Settings of the watchdog: WATCHDOG_CONFIG names this file. Environment variables win over it.\n" +
		"# Unknown and duplicate keys are errors. Commented-out values are defaults, or examples if there is no default.\n" +
		"# Generated from the declarations of the settings: go test ./config -update\n")
	for _, s := range kinds.rows() {
		if s.Name != "" {
			e.add(&s)
		}
	}
	for _, s := range sectionDocs(kinds) {
		if !strings.Contains(s.path, ".") && s.path != "host" {
			e.WriteString("\n# " + s.doc + "\n" + s.example)
		}
	}
	return e.String()
}

// exampleFile builds the example file.
type exampleFile struct {
	strings.Builder
	kinds   Kinds
	parents []string // the open mappings
}

// add writes one setting, and opens the mappings around it.
func (e *exampleFile) add(s *setting) {
	parts := strings.Split(s.Name, ".")
	parents, key := parts[:len(parts)-1], parts[len(parts)-1]
	if len(e.parents) > 0 && (len(parents) == 0 || parents[0] != e.parents[0]) {
		e.leave()
	}
	for depth, parent := range parents {
		if depth >= len(e.parents) || e.parents[depth] != parent {
			if depth == 0 {
				e.WriteString("\n")
			}
			fmt.Fprintf(e, "%s%s:\n", indent(depth), parent)
		}
	}
	if len(parents) == 0 {
		e.WriteString("\n")
	}
	e.parents = parents
	mark := "#"
	if slices.Contains(shownInFile, s.Name) {
		mark = ""
	}
	value := s.Preset
	if value == "" {
		value = s.Example
	}
	in := indent(len(parents))
	fmt.Fprintf(e, "%s# %s\n%s%s%s: %s\n", in, s.Doc, in, mark, key, s.inYAML(value))
}

// leave writes the part of the open mapping that has no row in the table, and closes it.
func (e *exampleFile) leave() {
	if len(e.parents) == 0 {
		return
	}
	switch e.parents[0] {
	case "orchestrator":
		e.WriteString("  rules:\n")
		for _, item := range e.kinds.Rule.Examples {
			e.WriteString("    - " + item + "\n")
		}
	case "host":
		for _, t := range e.kinds.Thresholds {
			fmt.Fprintf(e, "  # %s, in %s\n  #%s: %s\n", t.Doc, t.Unit, t.Name, defaultInYAML(t))
		}
	}
	e.parents = nil
}

func indent(depth int) string { return strings.Repeat("  ", depth) }

// plain matches what YAML reads as a text without quotes.
var plain = regexp.MustCompile(`^[A-Za-z0-9/][A-Za-z0-9_./:+-]*$`)

// inYAML returns a value in YAML.
func (s *setting) inYAML(value string) string {
	all := s.items(value)
	for i := range all {
		all[i] = quoted(all[i])
	}
	if s.isList() {
		return "[" + strings.Join(all, ", ") + "]"
	}
	return all[0]
}

func quoted(value string) string {
	if plain.MatchString(value) {
		return value
	}
	return "'" + value + "'"
}

// defaultInYAML returns the default of a threshold in YAML.
func defaultInYAML(t field.Threshold) string {
	s := fmt.Sprintf("{raise: %g, clear: %g", t.Raise, t.Clear)
	if t.RaiseCritical != 0 {
		s += fmt.Sprintf(", raise_critical: %g", t.RaiseCritical)
	}
	return s + "}"
}
