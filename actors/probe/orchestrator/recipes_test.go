package orchestrator

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"orchestrator-watchdog/actors/probe/orchestrator/rule"
	"orchestrator-watchdog/messages"
)

// spec is a rule in YAML.
type spec struct {
	Name          string `yaml:"name"`
	Field         string `yaml:"field"`
	Of            string `yaml:"of"`
	Over          string `yaml:"over"`
	Raise         string `yaml:"raise"`
	Clear         string `yaml:"clear"`
	RaiseCritical string `yaml:"raise_critical"`
	Severity      string `yaml:"severity"`
	While         string `yaml:"while"`
	Summary       string `yaml:"summary"`
}

// recipe is the content of a recipe's block of YAML.
type recipe struct {
	Orchestrator struct {
		URL      string `yaml:"url"`
		Format   string `yaml:"format"`
		MaxBytes int    `yaml:"max_bytes"`
		Rules    []spec `yaml:"rules"`
	} `yaml:"orchestrator"`
}

func parseRecipe(t *testing.T, section string) (rules []rule.Rule, anyJSON bool) {
	t.Helper()
	var r recipe
	if err := yaml.UnmarshalWithOptions([]byte(block(t, section, "yaml")), &r, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	specs := make([]rule.Spec, len(r.Orchestrator.Rules))
	for i, s := range r.Orchestrator.Rules {
		specs[i] = rule.Spec(s)
	}
	return must(t, specs...), r.Orchestrator.Format == "any-json"
}

// The rules that docs/envelope.md shows are valid, and are ok for the example with custom fields.
func TestRulesOfThePage(t *testing.T) {
	rules, _ := parseRecipe(t, read(t, docs+"envelope.md"))
	w := watch(t, false)
	w.Probe = New(Options{Rules: rules, Now: func() time.Time { return w.now }})
	r := w.body(read(t, docs+"envelope/examples/own-fields.json"))
	for _, name := range []string{"backup", "state", "billing"} {
		if o := find(r, messages.NewKey("orch_rule", name)); o.Level != messages.OK {
			t.Errorf("%s is %s: %s", name, o.Level, o.Detail)
		}
	}
}

// Every recipe finds its fields in an answer of its system: only rules whose window is not full
// are unknown, and only the listed rules are raised.
func TestRecipes(t *testing.T) {
	want := map[string]string{
		"nomad": "blocked", // a job wants more memory than there is
	}
	forEachRecipe(t, func(t *testing.T, w *watched, r tried) {
		judged := w.body(r.answer).Observations
		if len(judged) != r.rules+1 {
			t.Errorf("%d observations, want orch_down and %d rules", len(judged), r.rules)
		}
		if got := raisedRules(t, judged); got != want[r.name] {
			t.Errorf("raised: %q, want %q", got, want[r.name])
		}
	})
}

// If an orchestrator gives the same answer for hours, the rules about lack of progress are raised.
func TestRecipesWithAnAnswerThatNeverChanges(t *testing.T) {
	want := map[string]string{
		"airflow":        "scheduler_heartbeat",
		"argo-workflows": "controller_stuck",
		"dagu":           "queue_stuck",
		"n8n":            "stuck",
		"nomad":          "blocked",
	}
	forEachRecipe(t, func(t *testing.T, w *watched, r tried) {
		var judged []messages.Observation
		for start := w.now; w.now.Sub(start) <= 2*time.Hour; w.now = w.now.Add(15 * time.Second) {
			judged = w.body(r.answer).Observations
		}
		if got := raisedRules(t, judged); got != want[r.name] {
			t.Errorf("raised: %q, want %q", got, want[r.name])
		}
	})
}

// tried is a recipe under test.
type tried struct {
	name   string
	rules  int    // number of its rules
	answer string // answer of its system
}

// forEachRecipe runs a test for each recipe, with a probe that has its rules.
func forEachRecipe(t *testing.T, test func(t *testing.T, w *watched, r tried)) {
	for name, section := range sections(t) {
		if name == "prometheus" {
			continue // TestRecipeOfARealPrometheus tests it
		}
		t.Run(name, func(t *testing.T) {
			files, err := filepath.Glob("testdata/recipes/" + name + ".*")
			if err != nil || len(files) != 1 {
				t.Fatalf("answers %q (%v), want one", files, err)
			}
			rules, anyJSON := parseRecipe(t, section)
			w := watch(t, true)
			w.Probe = New(Options{Rules: rules, Settings: Settings{DefaultRules: true, AnyJSON: anyJSON}, Now: func() time.Time { return w.now }})
			test(t, w, tried{name: name, rules: len(rules), answer: read(t, files[0])})
		})
	}
}

// raisedRules returns the names of the raised rules. A rule that can't be judged fails the test.
func raisedRules(t *testing.T, judged []messages.Observation) string {
	t.Helper()
	var raised []string
	for _, o := range judged {
		switch {
		case o.Level == messages.Unknown && !strings.HasPrefix(o.Detail, "collecting"):
			t.Errorf("%s can't be judged: %s", o.Signal, o.Detail)
		case o.Level > messages.OK:
			raised = append(raised, strings.TrimPrefix(string(o.Signal), "orch_rule:"))
		}
	}
	slices.Sort(raised)
	return strings.Join(raised, " ")
}

// sections returns the recipes of the page by name.
func sections(t *testing.T) map[string]string {
	page := read(t, docs+"envelope/recipes.md")
	heads := regexp.MustCompile(`(?m)^## (.+)$`).FindAllStringSubmatchIndex(page, -1)
	all := make(map[string]string)
	for i, h := range heads {
		end := len(page)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		all[strings.ReplaceAll(strings.ToLower(page[h[2]:h[3]]), " ", "-")] = page[h[1]:end]
	}
	if len(all) != 8 {
		t.Fatalf("%d recipes, want 8", len(all))
	}
	return all
}
