package main

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/config"
	"orchestrator-watchdog/messages/secret"
	"orchestrator-watchdog/supervisor"
)

// reloader reads the settings anew while the daemon runs. The environment of a process
// does not change; the YAML file and the files of secrets do.
type reloader struct {
	world        world
	surroundings *supervisor.World
	tree         *supervisor.Tree
	log          logbook
	own          *zap.Logger
	fixed        fixed
}

// serve reloads at every SIGHUP until the context ends.
func (r *reloader) serve(ctx context.Context, hangups <-chan os.Signal) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangups:
			r.reload(ctx)
		}
	}
}

// reload takes all of the new settings or, where one is wrong, none.
func (r *reloader) reload(ctx context.Context) {
	cfg, warnings, err := load(r.world)
	r.log.redactor.learn(cfg.Secrets())
	restart := r.fixed.keep(cfg)
	change, errChange := changeOf(cfg, r.surroundings, r.log.Logger)
	if err := errors.Join(err, errChange); err != nil {
		for problem := range strings.Lines(err.Error()) {
			r.own.Error("reload_failed", zap.String("detail", strings.TrimSpace(problem)))
		}
		return
	}
	r.log.level.SetLevel(zapLevel(cfg.LogLevel))
	changed, err := r.tree.Reload(ctx, change)
	if err != nil {
		return // it is being stopped
	}
	r.own.Info("reloaded", zap.Strings("added", changed.Added), zap.Strings("removed", changed.Removed), zap.Strings("replaced", changed.Replaced))
	for _, name := range restart {
		warnings = append(warnings, name+" has changed: it takes effect when the watchdog is started anew")
	}
	warn(r.own, append(warnings, supervisor.Unmatched(cfg, change.Settings)...))
	slim()
}

// fixed are the settings that hold as long as the process: what listens, ticks or was
// opened when it started.
type fixed struct {
	enabled                      bool
	tick                         time.Duration
	hostLabel, listen, stateFile string
	heartbeat                    secret.Text
}

func fixedOf(cfg *config.Config) fixed {
	return fixed{cfg.Enabled, cfg.Tick, cfg.HostLabel, cfg.Listen, cfg.StateFile, cfg.Heartbeat}
}

// keep gives the configuration the settings that hold, and names those of them that it
// has otherwise.
func (f fixed) keep(cfg *config.Config) (changed []string) {
	hold(&changed, "WATCHDOG_ENABLED", &cfg.Enabled, f.enabled)
	hold(&changed, "WATCHDOG_TICK", &cfg.Tick, f.tick)
	hold(&changed, "WATCHDOG_HOST_LABEL", &cfg.HostLabel, f.hostLabel)
	hold(&changed, "WATCHDOG_LISTEN", &cfg.Listen, f.listen)
	hold(&changed, "WATCHDOG_STATE_FILE", &cfg.StateFile, f.stateFile)
	hold(&changed, "WATCHDOG_HEARTBEAT_URL", &cfg.Heartbeat, f.heartbeat)
	return changed
}

func hold[V comparable](changed *[]string, name string, setting *V, holds V) {
	if *setting != holds {
		*setting = holds
		*changed = append(*changed, name)
	}
}
