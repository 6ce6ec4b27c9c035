// Package docs_test checks the documents against the code.
package docs_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"orchestrator-watchdog/actors/probe/host"
	"orchestrator-watchdog/actors/probe/orchestrator"
	"orchestrator-watchdog/actors/probe/peerclock"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor/assembly"
)

var update = flag.Bool("update", false, "write the generated files: signals.md, pictures/page.html")

// docs/signals.md is up to date with the table of signals and the default policies.
func TestSignalsAreThoseOfTheTable(t *testing.T) {
	want := signals(t)
	if *update {
		if err := os.WriteFile("signals.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if read(t, "signals.md") != want {
		t.Error("docs/signals.md is out of date: go test ./docs -update")
	}
}

const head = `# Signals

<!-- Generated from messages.Kinds and the built-in policies: go test ./docs -update -->

A signal's key is its kind or ` + "`kind:INSTANCE`" + `; the link explains an alert and what to do. **Raised** and **cleared** are the default
numbers of consecutive observations. While a signal in **held back by** is up, this signal is judged but not told.
A **one-shot** says that something happened: it is told as an ` + "`EVENT`" + `, and has no recovery. Reminders and further one-shots come at the earliest after
` + "`WATCHDOG_COOLDOWN`" + ` (%g h). All of this can be set by key or pattern, below [signals](settings.md#signals) in the YAML file.

| key | severity | active when (defaults) | raised, cleared | held back by |
|---|---|---|---|---|
`

// signals returns docs/signals.md.
func signals(t *testing.T) string {
	cfg := defaults(t)
	policies, err := assembly.Settings(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, head, policies.Defaults.Cooldown.Hours())
	for _, k := range messages.Kinds {
		instance, _, _ := strings.Cut(k.Instance, "|")
		p := policies.PolicyOf(messages.NewKey(k.Name, instance))
		if p.Cooldown != policies.Defaults.Cooldown {
			t.Errorf("%s has its own cooldown: docs/signals.md needs a column for it", k.Name)
		}
		ticks := fmt.Sprintf("%d, %d", p.RaiseTicks, p.ClearTicks)
		if k.OneShot {
			ticks = "one-shot"
		}
		key := strings.ReplaceAll(string(messages.NewKey(k.Name, k.Instance)), "|", `\|`)
		fmt.Fprintf(&b, "| [`%s`](%s) | %s | %s | %s | %s |\n", key, strings.TrimPrefix(k.Handbook(), "docs/"), k.Severity, k.ActiveWhen(), ticks, code(p.InhibitedBy))
	}
	return b.String()
}

func code(keys []string) string {
	all := slices.Clone(keys)
	for i := range all {
		all[i] = "`" + all[i] + "`"
	}
	return strings.Join(all, ", ")
}

func defaults(t *testing.T) *config.Config {
	t.Helper()
	cfg, _, err := assembly.Load(config.Source{})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// The numbers in the table of signals are those that the probes use.
func TestTheTableHasTheTrueDefaults(t *testing.T) {
	cfg, limits := defaults(t), host.DefaultThresholds
	numbers := map[string][]float64{
		"orch_stale": {config.Section[*orchestrator.Settings](cfg).Stale.Minutes()}, "host_disk_ceiling": {config.Section[*host.Settings](cfg).CeilingPct},
		"host_memory": {limits["memory"].Raise, limits["memory"].RaiseCritical, limits["memory"].Clear}, "host_load": {limits["load"].Raise},
		"host_pressure": {limits["pressure_cpu"].Raise, limits["pressure_io"].Raise, limits["pressure_memory"].Raise}, "host_fds": {limits["fds"].Raise},
	}
	for _, k := range messages.Kinds {
		for _, n := range numbers[k.Name] {
			if !regexp.MustCompile(fmt.Sprintf(`\b%g\D`, n)).MatchString(k.ActiveWhen()) {
				t.Errorf("%s is active by default at %g, and the table says: %s", k.Name, n, k.ActiveWhen())
			}
		}
		if strings.Contains(k.ActiveWhen(), "{") {
			t.Errorf("%s has no limit to fill in: %s", k.Name, k.ActiveWhen())
		}
		if k.Switch != "" && !slices.Contains(cfg.Effective(), config.Setting{Name: k.Switch, Value: "false", Origin: "default"}) {
			t.Errorf("%s is opt-in, and %s is not false by default", k.Name, k.Switch)
		}
		if k.Probe == "clock" && !strings.HasPrefix(k.OptIn, fmt.Sprint(peerclock.MinSources)) {
			t.Errorf("%s takes %d peers, and the table says %s", k.Name, peerclock.MinSources, k.OptIn)
		}
	}
}
