package assembly

import (
	"errors"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/actors/probe/orchestrator"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/messages"
)

// observed maps the values of WATCHDOG_LOG_OBSERVATIONS.
var observed = map[string]core.ObservationLog{"changes": core.LogChanges, "all": core.LogAll, "off": core.LogNone}

// Settings makes the core's settings from the configuration.
func Settings(c *config.Config) (*core.Settings, error) {
	s := *config.Section[*core.Settings](c)
	s.Tick, s.Observed, s.Routes = c.Tick, observed[c.Observations], routesOf(c)
	s.Defaults.Enabled, s.Defaults.Flapping = true, core.DefaultFlapping
	s.Rules = append(core.BuiltinRules(), core.Rule{Glob: "orch_down", From: "WATCHDOG_ORCH_DOWN_TICKS", RaiseTicks: &config.Section[*orchestrator.Settings](c).DownTicks})
	for _, p := range c.Signals {
		s.Rules = append(s.Rules, ruleOf(p))
	}
	for _, w := range c.Maintenance {
		s.Windows = append(s.Windows, &core.Window{Signals: w.Signals, Start: w.Start, For: w.For, Days: w.Days, Zone: w.Zone, From: w.From})
	}
	return &s, errors.Join(s.Validate(knownInstances(c))...)
}

// Unmatched returns a warning for every policy and window whose glob can match no signal.
func Unmatched(c *config.Config, s *core.Settings) []string {
	var warnings []string
	for _, u := range s.Unmatched(knownInstances(c)) {
		warnings = append(warnings, u+" matches no possible signal: watchdog check lists the signals")
	}
	return warnings
}

// knownInstances returns the instances that the configuration names, by kind of signal.
func knownInstances(c *config.Config) map[string][]string {
	names := []string{}
	for _, d := range c.Dependencies {
		names = append(names, d.Name)
	}
	known := make(map[string][]string)
	for _, kind := range messages.Kinds {
		if kind.Probe == "dep" {
			known[kind.Name] = names
		}
	}
	return known
}

func ruleOf(p config.SignalPolicy) core.Rule {
	r := core.Rule{
		Glob: p.Glob, From: p.From, Enabled: p.Enabled, Mute: p.Mute, RaiseTicks: p.RaiseTicks, ClearTicks: p.ClearTicks, Cooldown: p.Cooldown,
		InhibitedBy: p.InhibitedBy, FlapChanges: p.Flapping.Changes, FlapWithin: p.Flapping.Within, FlapSettle: p.Flapping.Settle,
	}
	if p.Severity != "" {
		if level, err := messages.ParseLevel(p.Severity); err == nil { // config has validated it
			r.Severity = &level
		}
	}
	return r
}
