package assembly

import (
	"maps"
	"slices"
	"testing"
	"time"

	"orchestrator-watchdog/config"
	"orchestrator-watchdog/messages"
)

// The table of signals names exactly the probes that exist.
func TestTheTableOfSignalsNamesTheProbes(t *testing.T) {
	const everything = `
orchestrator: {url: "http://o/metrics"}
dependencies: [{name: a, http: {url: "http://a/"}}, {name: b, http: {url: "http://b/"}}]
witness: {urls: ["http://w/"]}
`
	c, _, err := Load(config.Source{
		Environ: []string{"WATCHDOG_CONFIG=/watchdog.yaml"}, ReadFile: func(string) ([]byte, error) { return []byte(everything), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	parts, err := Probes(c, NewShared(time.Now))
	if err != nil {
		t.Fatal(err)
	}
	there, named := make(map[string]bool), make(map[string]bool)
	for _, p := range parts {
		there[messages.Key(p.Name).Kind()] = true
	}
	for _, k := range messages.Kinds {
		named[k.Probe] = true
	}
	delete(named, "") // the watchdog itself
	if !maps.Equal(there, named) {
		t.Errorf("the probes are %v, and the table names %v", slices.Sorted(maps.Keys(there)), slices.Sorted(maps.Keys(named)))
	}
}
