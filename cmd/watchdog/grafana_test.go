package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// board is the part of a Grafana dashboard that the tests use.
type board struct {
	UID           string `json:"uid"`
	Title         string `json:"title"`
	SchemaVersion int    `json:"schemaVersion"`
	ID            *int   `json:"id"` // id in a Grafana's database: a file has none
	Templating    struct {
		List []struct {
			Name       string `json:"name"`
			Type       string `json:"type"`
			AllValue   string `json:"allValue"`
			Definition string `json:"definition"`
		} `json:"list"`
	} `json:"templating"`
	Panels []panel `json:"panels"`
}

type panel struct {
	ID         int    `json:"id"`
	Type       string `json:"type"`
	Title      string `json:"title"`
	Datasource source `json:"datasource"`
	GridPos    struct{ X, Y, W, H int }
	Targets    []struct {
		RefID      string `json:"refId"`
		Expr       string `json:"expr"`
		Instant    bool   `json:"instant"`
		Range      bool   `json:"range"`
		Datasource source `json:"datasource"`
	} `json:"targets"`
}

type source struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

func readBoard(t *testing.T) (b board) {
	t.Helper()
	text, err := os.ReadFile(root + "/deploy/grafana/watchdog.json")
	must(t, err)
	must(t, json.Unmarshal(text, &b))
	return b
}

// The dashboard is valid for Grafana 12: a uid, no database id, its variables, and panels with unique
// ids, without overlap, that query the selected data source.
func TestTheDashboardIsValid(t *testing.T) {
	b := readBoard(t)
	if b.UID != "orchestrator-watchdog" || b.Title == "" || b.SchemaVersion < 41 || b.ID != nil {
		t.Errorf("uid %q, title %q, schema %d, id %v", b.UID, b.Title, b.SchemaVersion, b.ID)
	}
	var variables []string
	for _, v := range b.Templating.List {
		variables = append(variables, v.Name+" "+v.Type)
	}
	if want := []string{"datasource datasource", "host query", "kind query"}; !slices.Equal(variables, want) {
		t.Errorf("variables %q, want %q", variables, want)
	}
	chosen := source{"prometheus", "${datasource}"}
	ids, cells := make(map[int]bool), make(map[[2]int]string)
	for _, p := range b.Panels {
		if ids[p.ID] || p.ID == 0 || p.Title == "" || p.Datasource != chosen || len(p.Targets) == 0 {
			t.Errorf("panel %d %q queries %v %d times", p.ID, p.Title, p.Datasource, len(p.Targets))
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := cells[[2]int{x, y}]; other != "" || x >= 24 {
					t.Fatalf("%q overlaps %q, or is outside the grid", p.Title, other)
				}
				cells[[2]int{x, y}] = p.Title
			}
		}
		refs := make(map[string]bool)
		for _, q := range p.Targets {
			if refs[q.RefID] || q.RefID == "" || q.Datasource != chosen || q.Instant == q.Range {
				t.Errorf("%q: query %q uses %v, instant %t, range %t", p.Title, q.RefID, q.Datasource, q.Instant, q.Range)
			}
			refs[q.RefID] = true
		}
	}
	for _, kind := range []string{"table", "state-timeline", "timeseries", "stat"} {
		if !slices.ContainsFunc(b.Panels, func(p panel) bool { return p.Type == kind }) {
			t.Errorf("there is no panel of the type %s", kind)
		}
	}
}

// Every query of the dashboard and of its variables finds series in a real Prometheus that scrapes
// two watchdogs.
func TestTheQueriesOfTheDashboardFindSeries(t *testing.T) {
	t.Parallel()
	var targets []string
	for i, listen := range []string{freeAddress(t), freeAddress(t)} {
		start(t, "WATCHDOG_LISTEN="+listen, "WATCHDOG_ORCH_URL=http://"+freeAddress(t), "WATCHDOG_ALERTMANAGER_URL=http://"+freeAddress(t))
		targets = append(targets, fmt.Sprintf("{targets: [%q], labels: {instance: web-%d}}", listen, i+1))
	}
	prometheus := startPrometheus(t, "{job_name: watchdog, scrape_interval: 500ms, scrape_timeout: 500ms, static_configs: ["+strings.Join(targets, ", ")+"]}")
	b := readBoard(t)
	for _, v := range b.Templating.List {
		if v.Type != "query" {
			continue
		}
		match, label, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(v.Definition, "label_values("), ")"), "}, ")
		finds(t, prometheus+"/api/v1/label/"+label+"/values?match[]="+url.QueryEscape(filled(match+"}")), "the variable "+v.Name)
	}
	for _, p := range b.Panels {
		for _, q := range p.Targets {
			query := prometheus + "/api/v1/query?query=" + url.QueryEscape(filled(q.Expr))
			finds(t, query, p.Title+" "+q.RefID)
		}
	}
}

// filled replaces the variables of a query by the values of "All", and the interval by one that suits the test.
func filled(expr string) string {
	return strings.NewReplacer("$host", ".*", "$kind", ".*", "$__rate_interval", "30s").Replace(expr)
}

// finds repeats a query until Prometheus answers with a result.
func finds(t *testing.T, query, what string) {
	t.Helper()
	var got struct {
		Status, Error string
		Data          json.RawMessage
	}
	for limit := time.Now().Add(20 * time.Second); time.Now().Before(limit); time.Sleep(200 * time.Millisecond) {
		must(t, json.Unmarshal([]byte(get(t, query)), &got))
		if got.Status != "success" {
			t.Fatalf("%s: %s", what, got.Error)
		}
		var vector struct{ Result []json.RawMessage }
		var values []string
		if json.Unmarshal(got.Data, &vector) == nil && len(vector.Result) > 0 || json.Unmarshal(got.Data, &values) == nil && len(values) > 0 {
			return
		}
	}
	t.Errorf("%s finds nothing: %s", what, got.Data)
}

// startPrometheus starts a real Prometheus with this entry of scrape_configs, and returns its URL.
func startPrometheus(t *testing.T, scrape string) string {
	t.Helper()
	program, err := exec.LookPath("prometheus")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("prometheus is not installed: apt-get install prometheus")
		}
		t.Skip("SKIPPED: needs prometheus")
	}
	dir, listen := t.TempDir(), freeAddress(t)
	config := filepath.Join(dir, "prometheus.yml")
	must(t, os.WriteFile(config, []byte("scrape_configs: ["+scrape+"]\n"), 0o600))
	cmd := exec.Command(program, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+listen)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for limit := time.Now().Add(30 * time.Second); time.Now().Before(limit); time.Sleep(50 * time.Millisecond) {
		if resp, err := http.Get("http://" + listen + "/-/ready"); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return "http://" + listen
			}
		}
	}
	t.Fatal("the Prometheus is not ready")
	return ""
}
