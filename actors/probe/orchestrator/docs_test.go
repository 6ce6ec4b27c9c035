package orchestrator

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

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
// is an envelope for the probe, without an unknown and without a note.
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
				if o.Level == messages.Unknown {
					t.Errorf("%s: %s is unknown: %s", file, o.Signal, o.Detail)
				}
			}
		}
	}
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
		URL    string `yaml:"url"`
		Format string `yaml:"format"`
		Rules  []spec `yaml:"rules"`
	} `yaml:"orchestrator"`
}

func parseRecipe(t *testing.T, section string) (rules []Rule, anyJSON bool) {
	t.Helper()
	var r recipe
	if err := yaml.UnmarshalWithOptions([]byte(block(t, section, "yaml")), &r, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	specs := make([]RuleSpec, len(r.Orchestrator.Rules))
	for i, s := range r.Orchestrator.Rules {
		specs[i] = RuleSpec(s)
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
// whose window is not full yet.
func TestRecipes(t *testing.T) {
	for name, section := range sections(t) {
		t.Run(name, func(t *testing.T) {
			if name == "prometheus" {
				t.Skip("has a test of its own, against the real one")
			}
			files, err := filepath.Glob("testdata/recipes/" + name + ".*")
			if err != nil || len(files) != 1 {
				t.Fatalf("answers %q (%v), want one", files, err)
			}
			rules, anyJSON := parseRecipe(t, section)
			w := watch(t, true)
			w.Probe = New(Options{Rules: rules, DefaultRules: true, AnyJSON: anyJSON, Now: func() time.Time { return w.now }})
			judgeable(t, w.body(read(t, files[0])).Observations, len(rules))
		})
	}
}

func judgeable(t *testing.T, observations []messages.Observation, rules int) {
	t.Helper()
	if len(observations) != rules+1 {
		t.Errorf("%d observations, want orch_down and %d rules", len(observations), rules)
	}
	for _, o := range observations {
		if o.Level != messages.OK && !strings.HasPrefix(o.Detail, "collecting") {
			t.Errorf("%s is %s: %s", o.Signal, o.Level, o.Detail)
		}
	}
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

// The Python of the page, as it stands there but for the port, is an endpoint that the
// schema and the default rules take.
func TestPythonEndpoint(t *testing.T) {
	python := need(t, "python3")
	code := replaced(t, block(t, read(t, docs+"envelope/add-the-endpoint.md"), "python"),
		`ThreadingHTTPServer(("0.0.0.0", 8000), Metrics).serve_forever()`,
		"s = ThreadingHTTPServer((\"127.0.0.1\", 0), Metrics)\nprint(s.server_address[1], flush=True)\ns.serve_forever()")
	port := firstLine(t, exec.CommandContext(t.Context(), python, "-c", code))
	checkEndpoint(t, "http://127.0.0.1:"+port+"/metrics", "orch_rule:oldest_job", "orch_rule:worker_heartbeat", "orch_stale")
}

// So is the Go of the page.
func TestGoEndpoint(t *testing.T) {
	code := replaced(t, block(t, read(t, docs+"envelope/add-the-endpoint.md"), "go"), `panic(http.ListenAndServe(":8000", nil))`,
		`l, err := net.Listen("tcp", "127.0.0.1:0"); if err != nil { panic(err) }; os.Stdout.WriteString(l.Addr().String() + "\n"); panic(http.Serve(l, nil))`)
	code = replaced(t, code, "import (\n", "import (\n\t\"net\"\n\t\"os\"\n")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", "endpoint", "main.go")
	build.Dir = dir
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	addr := firstLine(t, exec.CommandContext(t.Context(), filepath.Join(dir, "endpoint")))
	checkEndpoint(t, "http://"+addr+"/metrics", "orch_stale")
}

func replaced(t *testing.T, text, old, replacement string) string {
	t.Helper()
	if strings.Count(text, old) != 1 {
		t.Fatalf("the page has not one %q", old)
	}
	return strings.Replace(text, old, replacement, 1)
}

// need finds a program: without it the test is skipped, and on CI fails.
func need(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err == nil {
		return path
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing", program)
	}
	t.Skipf("%s is not installed", program)
	return ""
}

// firstLine starts a program that ends with the test, and gives what it says first.
func firstLine(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("%v, after %q", err, line)
	}
	return strings.TrimSpace(line)
}

// checkEndpoint scrapes an endpoint: all is well, these signals among it.
func checkEndpoint(t *testing.T, url string, want ...messages.Key) {
	t.Helper()
	o := options(url)
	o.DefaultRules = true
	p := New(o)
	r, err := p.Observe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range r.Observations {
		if o.Level != messages.OK {
			t.Errorf("%s is %s: %s", o.Signal, o.Level, o.Detail)
		}
	}
	for _, key := range want {
		if find(r, key).Level == none {
			t.Errorf("%s is not observed", key)
		}
	}
	a, err := p.scrape(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(a.body)))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema(t).Validate(document); err != nil {
		t.Error(err)
	}
}
