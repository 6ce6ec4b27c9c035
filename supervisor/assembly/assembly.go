package assembly

import (
	"errors"
	"slices"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/control"
	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/actors/heartbeat"
	"orchestrator-watchdog/actors/history"
	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/notifier/alertmanager"
	"orchestrator-watchdog/actors/notifier/telegram"
	"orchestrator-watchdog/actors/ops"
	"orchestrator-watchdog/actors/probe/container"
	"orchestrator-watchdog/actors/probe/dependency"
	"orchestrator-watchdog/actors/probe/host"
	"orchestrator-watchdog/actors/probe/orchestrator"
	"orchestrator-watchdog/actors/probe/orchestrator/rule"
	"orchestrator-watchdog/actors/probe/peerclock"
	"orchestrator-watchdog/actors/probe/witness"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/config/field"
	"orchestrator-watchdog/supervisor"
	"orchestrator-watchdog/supervisor/statefile"
)

// Kinds holds the sections, dependencies, channels, rules and thresholds that the file can have.
var Kinds = config.Kinds{
	Sections: []func() field.Declared{
		field.New[orchestrator.Settings], field.New[core.Settings], field.New[telegram.Variables], field.New[history.Settings], field.New[notifier.Common],
		field.New[alertmanager.Variables], field.New[container.Settings], field.New[host.Settings], field.New[ops.Settings], field.New[control.Settings],
		field.New[heartbeat.Settings], field.New[statefile.Settings], field.New[witness.Settings],
	},
	Dependencies: dependency.Kinds, Channels: channelKinds, Rule: &rule.Kind, Thresholds: append(slices.Clip(host.Declared), peerclock.Declared),
}

// Load reads the settings with config.Load and Kinds.
func Load(src config.Source) (c *config.Config, warnings []string, err error) {
	return config.Load(src, Kinds)
}

// Parts makes the parts of a tree, without services. Its clock is that of shared. The error joins
// every problem.
func Parts(c *config.Config, shared *Shared, metrics supervisor.Metrics, log *zap.Logger) (supervisor.Parts, error) {
	change, err := Change(c, shared, log)
	return supervisor.Parts{
		Tick: c.Tick, Settings: change.Settings, Probes: change.Probes, Channels: change.Channels,
		Log: log, Metrics: metrics, Now: shared.now,
		Services: func(*supervisor.Tree) []supervisor.Service { return nil },
	}, err
}

// Change makes the parts that a reload replaces. The error joins every problem.
func Change(c *config.Config, shared *Shared, log *zap.Logger) (supervisor.Change, error) {
	settings, errSettings := Settings(c)
	probes, errProbes := Probes(c, shared)
	channels, errChannels := Channels(c, log)
	return supervisor.Change{Settings: settings, Probes: probes, Channels: channels}, errors.Join(errSettings, errProbes, errChannels)
}
