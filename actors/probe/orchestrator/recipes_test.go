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

// recipe is what a block of YAML sets.
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

// The rules that docs/envelope.md shows are in order, and judge the example with fields of one's own.
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

// Every recipe finds its fields in an answer of its system: no rule is unknown but those
// whose window is not full yet, and none is raised but those that the answer is about.
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

// An orchestrator that answers the same for hours is one where nothing moves: what waits
// in it is told.
func TestRecipesOfAnAnswerThatStandsStill(t *testing.T) {
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

// tried is a recipe on trial.
type tried struct {
	name   string
	rules  int    // how many it has
	answer string // of its system
}

// forEachRecipe runs a test with a probe that has the recipe's rules.
func forEachRecipe(t *testing.T, test func(t *testing.T, w *watched, r tried)) {
	for name, section := range sections(t) {
		if name == "prometheus" {
			continue // has a test of its own, against the real one
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

// raisedRules names the rules that are raised. A rule that can't be judged fails the test.
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

// sections gives the recipes by name.
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
