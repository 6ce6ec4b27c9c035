package orchestrator

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/messages"
)

const docs = "../../../docs/"

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile(docs + "envelope.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The examples match the JSON Schema, except those named bad-…. For the others the probe has data
// for every signal, or expects none.
func TestExamplesFitTheSchema(t *testing.T) {
	files, err := filepath.Glob(docs + "envelope/examples/*.json")
	if err != nil || len(files) < 5 {
		t.Fatalf("found %q (%v)", files, err)
	}
	s := schema(t)
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(body)))
		if err != nil {
			t.Fatal(err)
		}
		bad := strings.HasPrefix(filepath.Base(file), "bad-")
		if err := s.Validate(document); (err != nil) != bad {
			t.Errorf("%s: %v", file, err)
		}
		if !bad {
			r := watch(t, true).body(string(body))
			for _, o := range r.Observations {
				if o.Level == messages.Unknown && !expected(r, o) {
					t.Errorf("%s: %s is unknown: %s", file, o.Signal, o.Detail)
				}
			}
		}
	}
}

// expected reports whether a signal may be unknown: its window fills, or its field was left out.
func expected(r probe.Reading, o messages.Observation) bool {
	return o.Expected || slices.ContainsFunc(r.Notes, func(n probe.Note) bool { return n.Normal && slices.Contains(n.Off, string(o.Signal)) })
}

// The field of every default rule is in the schema, and every default rule is documented.
func TestDefaultRulesAreDocumented(t *testing.T) {
	page := read(t, docs+"envelope.md")
	definition := read(t, docs+"envelope.schema.json")
	for _, s := range defaultSpecs {
		if !strings.Contains(page, "`orch_rule:"+s.Name+"`") || !strings.Contains(page, "`"+s.Field+"`") {
			t.Errorf("docs/envelope.md does not name %s and its field %s", s.Name, s.Field)
		}
		for step := range strings.SplitSeq(s.Field, ".") {
			if !strings.Contains(definition, `"`+step+`":`) {
				t.Errorf("the schema has no %s of %s", step, s.Field)
			}
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// block returns the first code block of a language in a page.
func block(t *testing.T, page, language string) string {
	t.Helper()
	_, rest, found := strings.Cut(page, "```"+language+"\n")
	text, _, closed := strings.Cut(rest, "\n```")
	if !found || !closed {
		t.Fatalf("no block of %s", language)
	}
	return text + "\n"
}
