package orchestrator

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"orchestrator-watchdog/messages"
)

// The Python code of the page, with another port, is an endpoint that matches the schema and the
// default rules.
func TestPythonEndpoint(t *testing.T) {
	python := need(t, "python3")
	code := replaced(t, block(t, read(t, docs+"envelope/add-the-endpoint.md"), "python"),
		`server = ThreadingHTTPServer(("0.0.0.0", 8000), Metrics)`,
		"server = ThreadingHTTPServer((\"127.0.0.1\", 0), Metrics)\nprint(server.server_address[1], flush=True)")
	code += "\ntime.sleep(600)  # the orchestrator's own work\n"
	port := firstLine(t, exec.CommandContext(t.Context(), python, "-c", code))
	checkEndpoint(t, "http://127.0.0.1:"+port+"/metrics", "orch_rule:oldest_job", "orch_rule:worker_heartbeat", "orch_stale")
}

// The Go code of the page, with another port, is such an endpoint.
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
		t.Fatalf("the page contains %q %d times, want once", old, strings.Count(text, old))
	}
	return strings.Replace(text, old, replacement, 1)
}

// need finds a program. If it is missing, the test is skipped, or fails on CI.
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

// firstLine starts a program that is killed at the end of the test, and returns its first line.
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

// checkEndpoint scrapes an endpoint and checks that its signals, with those of want, are ok.
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
		if o.Level != messages.OK && !expected(r, o) {
			t.Errorf("%s is %s: %s", o.Signal, o.Level, o.Detail)
		}
	}
	for _, key := range want {
		if find(r, key).Level != messages.OK {
			t.Errorf("%s is not ok", key)
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
