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

// The examples fit the JSON Schema, or don't where their name says so; and what fits
// is an envelope for the probe, which warns of nothing.
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
				if o.Level == messages.Unknown && !rightly(r, o) {
					t.Errorf("%s: %s is unknown: %s", file, o.Signal, o.Detail)
				}
			}
		}
	}
}

// rightly tells whether it is no fault that there is no data: a window fills, or the rule is
// for a field that was left out.
func rightly(r probe.Reading, o messages.Observation) bool {
	return o.Expected || slices.ContainsFunc(r.Notes, func(n probe.Note) bool { return n.Normal && slices.Contains(n.Off, string(o.Signal)) })
}

// Every field that a default rule looks at is in the schema, and every default rule in
// the documentation.
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

// block takes the first block of a language from a page.
func block(t *testing.T, page, language string) string {
	t.Helper()
	_, rest, found := strings.Cut(page, "```"+language+"\n")
	text, _, closed := strings.Cut(rest, "\n```")
	if !found || !closed {
		t.Fatalf("no block of %s", language)
	}
	return text + "\n"
}
