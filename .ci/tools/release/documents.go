package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// materials writes the bill of materials, in CycloneDX format, from the modules that the binary
// names. All platforms have the same modules.
func (r release) materials(ctx context.Context, binary string) error {
	text, err := r.output(ctx, filepath.Join(r.source, ".ci/tools"), nil, "go", "tool", "cyclonedx-gomod",
		"bin", "-json", "-noserial", "-version", r.version, binary)
	if err != nil {
		return err
	}
	var document map[string]any
	if err := json.Unmarshal(text, &document); err != nil {
		return fmt.Errorf("the bill of materials is no JSON: %w", err)
	}
	metadata, ok := document["metadata"].(map[string]any)
	if !ok {
		return fmt.Errorf("the bill of materials has no metadata")
	}
	delete(metadata, "timestamp") // it would differ in each build
	if text, err = json.MarshalIndent(document, "", "  "); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.out, "watchdog.cdx.json"), append(text, '\n'), 0o644)
}

// notes writes the section of the change log about the version, or the section "Unreleased" if
// there is none.
func (r release) notes() error {
	text, err := os.ReadFile(filepath.Join(r.source, "CHANGELOG.md"))
	if err != nil {
		return err
	}
	notes := ""
	for _, title := range []string{strings.TrimPrefix(r.version, "v"), "Unreleased"} {
		if notes = section(string(text), title); notes != "" {
			break
		}
	}
	if notes == "" {
		return fmt.Errorf("CHANGELOG.md has neither a section %q nor one \"Unreleased\": write what changed", r.version)
	}
	return os.WriteFile(filepath.Join(r.out, "NOTES.md"), []byte("# "+r.version+"\n\n"+notes+"\n"), 0o644)
}

// section returns the text below the heading of the second level whose first word is title, as
// `## 1.2.0 (2026-11-26)` or `## [1.2.0]`; empty if there is none.
func section(text, title string) string {
	var lines []string
	within := false
	for line := range strings.Lines(text) {
		if heading, ok := strings.CutPrefix(line, "## "); ok {
			words := strings.Fields(strings.Trim(heading, "[]\n"))
			within = len(words) > 0 && strings.Trim(words[0], "[]") == title
			continue
		}
		if within {
			lines = append(lines, line)
		}
	}
	return strings.TrimSpace(strings.Join(lines, ""))
}
