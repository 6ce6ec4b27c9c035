package assembly

import (
	"errors"

	"go.uber.org/zap"

	"orchestrator-watchdog/config"
	"orchestrator-watchdog/supervisor"
)

// Change makes the parts that a reload replaces. The error joins every problem.
func Change(c *config.Config, shared *Shared, log *zap.Logger) (supervisor.Change, error) {
	settings, errSettings := Settings(c)
	probes, errProbes := Probes(c, shared)
	channels, errChannels := Channels(c, log)
	return supervisor.Change{Settings: settings, Probes: probes, Channels: channels}, errors.Join(errSettings, errProbes, errChannels)
}
