package discover_test

import (
	"strings"
	"testing"

	"orchestrator-watchdog/actors/probe/container"
	"orchestrator-watchdog/actors/probe/orchestrator"
	"orchestrator-watchdog/cmd/watchdog/internal/discover"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/supervisor/assembly"
)

// What is found becomes a file that the watchdog takes, whatever the names are.
func TestTheFileIsValid(t *testing.T) {
	text := discover.YAML(discover.Host{
		Containers: []container.Found{
			{Name: "db", Image: "postgres:16", Running: true},
			{Name: "cache", Image: "registry.example/library/redis@sha256:abc", Running: true},
			{Name: "airflow-1", Image: "apache/airflow:2.9", Running: true},
			{Name: "old", Image: "busybox", Running: false},
			{Name: "shop", Image: "mariadb-server\n# x", Running: true},
		},
		Mounts:   []discover.Mount{{"/", "ext4"}, {"/data \"x\"", "xfs"}},
		Problems: []string{"two\nlines"},
	})
	c, _, err := assembly.Load(config.Source{
		Environ: []string{"WATCHDOG_CONFIG=w.yaml"}, ReadFile: func(string) ([]byte, error) { return []byte(text), nil },
	})
	if err != nil && !strings.Contains(err.Error(), "data") { // a label may hold no spaces
		t.Fatalf("%v\n%s", err, text)
	}
	var names []string
	for _, d := range c.Dependencies {
		names = append(names, d.Name)
	}
	if got := strings.Join(names, " "); got != "db cache shop" {
		t.Errorf("dependencies %s of\n%s", got, text)
	}
	if config.Section[*orchestrator.Settings](c).URL != "http://airflow-1:8000/metrics" || strings.Join(config.Section[*container.Settings](c).Expect, " ") != "db cache airflow-1 shop" {
		t.Errorf("orchestrator %q, expected %v of\n%s", config.Section[*orchestrator.Settings](c).URL, config.Section[*container.Settings](c).Expect, text)
	}
}

// An empty host makes a file that is valid, too.
func TestAnEmptyHost(t *testing.T) {
	text := discover.YAML(discover.Host{})
	if _, _, err := assembly.Load(config.Source{
		Environ: []string{"WATCHDOG_CONFIG=w.yaml"}, ReadFile: func(string) ([]byte, error) { return []byte(text), nil },
	}); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
}
