package main

import (
	"context"
	"errors"
	"maps"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"orchestrator-watchdog/actors/changes"
	"orchestrator-watchdog/actors/control"
	"orchestrator-watchdog/actors/heartbeat"
	"orchestrator-watchdog/actors/notifier/telegram"
	"orchestrator-watchdog/actors/ops"
	"orchestrator-watchdog/cmd/watchdog/internal/operate"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/supervisor"
	"orchestrator-watchdog/supervisor/assembly"
	"orchestrator-watchdog/supervisor/statefile"
)

var runCommand = command{
	name:  "run",
	short: "runs the daemon; the default command",
	long: `Watches, and tells what breaks, until SIGTERM or SIGINT. Then it sends what it can within
8 seconds, and exits within 10. Nothing that it observes makes it exit.

It logs to standard output, one JSON object a line. Unless WATCHDOG_LISTEN is off,
it serves /healthz, /readyz, /metrics (for Prometheus) and /status (JSON).

With WATCHDOG_ENABLED=false it idles: it probes and sends nothing until it is stopped,
even if other settings are invalid.

It reloads the YAML file and the files of secrets when they change, when watchdog
reload asks for it, and at SIGHUP. Valid settings take effect without losing any state.
Invalid settings are refused with every problem in the log, and the former ones stay.

These are the most important settings: watchdog config shows all of them.`,
	settings: []string{
		"WATCHDOG_ENABLED", "WATCHDOG_CONFIG", "WATCHDOG_ORCH_URL", "WATCHDOG_TELEGRAM_TOKEN", "WATCHDOG_TELEGRAM_CHAT_ID", "WATCHDOG_DOCKER_HOST",
		"WATCHDOG_LISTEN", "WATCHDOG_LOG_LEVEL", "WATCHDOG_LOG_OBSERVATIONS", "WATCHDOG_HEARTBEAT_URL", "WATCHDOG_STATE_FILE",
	},
	exits: [3]string{"it was asked to stop", "the decision core or a notifier made no progress: restart it", "wrong usage or settings"},
	examples: []example{
		{"a daemon that only logs its notifications", "WATCHDOG_ORCH_URL=http://localhost:8000/metrics watchdog"},
		{"the notifications as they are sent", "watchdog | jq -c 'select(.msg == \"notification\")'"},
	},
	run: runDaemon,
}

// flushLimit bounds how long the exit waits for the reader of the log. Together with the
// stop it is less than the ten seconds after which Docker kills the process.
const flushLimit = 500 * time.Millisecond

func runDaemon(c command, w world) int {
	if _, code, done := c.parse(w, nil, 0); done {
		return code
	}
	// Standard output is the log: a closed pipe must not end the watch.
	signal.Ignore(syscall.SIGPIPE)
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	cfg, warnings, err := load(w)
	saveMemory()                             // before the parts, which would share pages with the garbage of the reading
	files := watchFiles(assembly.Files(cfg)) // first, to notice changes from here on
	if !cfg.Enabled {
		return idle(ctx, cfg, w, hangups)
	}
	lines := newLineQueue(w.stdout)
	defer lines.flush(flushLimit)
	log := newLog(lines, zapLevel(cfg.LogLevel), cfg.Secrets())
	shared := assembly.NewShared(time.Now)
	asks := make(chan askReload)
	polls := newPollChanges()
	parts, errParts := partsOf(cfg, shared, log.Logger, polls, map[string]control.Handler{"reload": reloadHandler(asks)})
	if err := errors.Join(err, errParts); err != nil {
		printProblems(w.stderr, err)
		return exitUsage
	}
	if path := config.Section[*statefile.Settings](cfg).Path; path != "" {
		store := supervisor.NewStore(path, log.With(zap.String("actor", "store")))
		parts.State, parts.SaveState = store.Load(parts.Settings, time.Now()), store.Save
	}
	captureStandardLog(log.Logger)
	own := log.With(zap.String("actor", "main"))
	announce(own, cfg, parts, allWarnings(cfg, parts.Settings, warnings))
	boundMemory()
	saveMemory()
	tree := supervisor.New(parts)
	var looks <-chan time.Time // nil: never
	if cfg.Reload == "auto" {
		ticker := time.NewTicker(lookEvery)
		defer ticker.Stop()
		looks = ticker.C
	}
	go newReloader(w, shared, tree, polls, log, own, cfg, files).serve(ctx, hangups, asks, looks)
	return watch(ctx, tree, own)
}

// watch runs the watchdog until the context ends or its own parts make no progress. The
// last line of the log says which.
func watch(ctx context.Context, tree *supervisor.Tree, own *zap.Logger) int {
	err := tree.Run(ctx)
	own.Info("stopped", zap.Error(err))
	if err != nil {
		return exitNotWell
	}
	return exitWell
}

// announce logs the start and the warnings about the settings.
func announce(own *zap.Logger, cfg *config.Config, parts supervisor.Parts, warnings []string) {
	names := make([]string, len(parts.Probes)) // a replay waits for their first reports, as the core does
	for i, p := range parts.Probes {
		names[i] = p.Name
	}
	own.Info("started", zap.String("version", version), zap.String("host", cfg.HostLabel), zap.Duration("tick", cfg.Tick),
		zap.Int("probes", len(parts.Probes)), zap.Int("channels", len(parts.Channels)), zap.Bool("restored", parts.State != nil), zap.Strings("watches", names))
	warn(own, warnings)
}

func warn(own *zap.Logger, warnings []string) {
	for _, warning := range warnings {
		own.Warn("config_warning", zap.String("detail", warning))
	}
}

// idle is the kill switch: it probes and sends nothing, and is healthy, until the context ends.
// It does not matter whether other settings are invalid.
func idle(ctx context.Context, cfg *config.Config, w world, hangups <-chan os.Signal) int {
	lines := newLineQueue(w.stdout)
	defer lines.flush(flushLimit)
	all := newLog(lines, zapcore.InfoLevel, cfg.Secrets())
	captureStandardLog(all.Logger)
	log := all.With(zap.String("actor", "main"))
	log.Info("disabled", zap.String("detail", "WATCHDOG_ENABLED=false: nothing is probed and nothing is sent"))
	var services []supervisor.Service
	if s := config.Section[*ops.Settings](cfg); s.Listen != "" {
		services = append(services, ops.New(ops.Options{Settings: *s, Source: disabled{cfg.HostLabel}, Registry: ops.NewMetrics(version, commit()).Registry, Log: all.With(zap.String("actor", "ops"))}))
	}
	if name := socketOf(cfg); name != "" {
		services = append(services, control.New(control.Options{Name: name, Commands: map[string]control.Handler{"reload": refuseReload}, Count: func(string, string, string) {}, Log: all.With(zap.String("actor", "control"))}))
	}
	var serving sync.WaitGroup
	for _, s := range services {
		serving.Go(func() { keepServing(ctx, s, log) })
	}
	defer serving.Wait()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-hangups:
			log.Error("reload_failed", zap.String("detail", "the watchdog is disabled, and WATCHDOG_ENABLED needs a restart"))
		}
	}
	log.Info("stopping")
	log.Info("stopped")
	return exitWell
}

// keepServing runs a service until the context ends, and restarts it when it fails.
func keepServing(ctx context.Context, s supervisor.Service, log *zap.Logger) {
	for ctx.Err() == nil {
		if err := s.Serve(ctx); err != nil && !errors.Is(err, context.Canceled) {
			log.Warn("actor_failed", zap.Error(err))
		}
	}
}

// disabled is the status of a disabled watchdog.
type disabled struct{ host string }

func (disabled) Health() []string { return nil }
func (disabled) Ready() bool      { return true }
func (i disabled) Status() ops.Status {
	return ops.Status{Version: version, Host: i.host, Now: time.Now().UTC(), Signals: []ops.Signal{}, Silences: []ops.Silence{}, Probes: []ops.Probe{}, Channels: []ops.Channel{}}
}

// partsOf builds the parts of the tree from the configuration.
func partsOf(cfg *config.Config, shared *assembly.Shared, log *zap.Logger, polls *pollChanges, commands map[string]control.Handler) (supervisor.Parts, error) {
	metrics := ops.NewMetrics(version, commit())
	parts, err := assembly.Parts(cfg, shared, metrics, log)
	shared.Follow(cfg)
	past, before := remember(cfg, log), rememberChanges(cfg, shared, log)
	parts.OnReport, parts.Context = past.hear, contextOf(cfg, past, before.Store, shared)
	if config.Section[*telegram.Variables](cfg).Charts {
		parts.OnDelivered = past.illustrate
	}
	parts.Services = services(cfg, metrics, log, past, before, polls, commands)
	return parts, err
}

// services returns a function that builds the services on which no other part waits. The
// function lives as long as the process, so it keeps only the settings that it needs.
func services(cfg *config.Config, metrics *ops.Metrics, log *zap.Logger, past past, before *changes.Actor, polls *pollChanges, commands map[string]control.Handler) func(*supervisor.Tree) []supervisor.Service {
	identity, name, zone := supervisor.Identity{Version: version, Host: cfg.HostLabel}, socketOf(cfg), cfg.Zone
	endpoints, beat := *config.Section[*ops.Settings](cfg), *config.Section[*heartbeat.Settings](cfg)
	return func(t *supervisor.Tree) []supervisor.Service {
		source := t.Source(identity)
		metrics.SetStatus(source.Status)
		services := []supervisor.Service{before}
		if processors := newProcessors(); processors != nil {
			services = append(services, processors)
		}
		if past.store != nil {
			services = append(services, past.actor)
		}
		if config.Section[*telegram.Variables](cfg).Commands {
			services = append(services, polls.poller(cfg, t, past, metrics, log))
		}
		if endpoints.Listen != "" {
			services = append(services, ops.New(ops.Options{
				Settings: endpoints, Source: source, Registry: metrics.Registry, Log: log.With(zap.String("actor", "ops")),
			}))
		}
		if name != "" {
			operator := &operate.Operator{Core: t, Status: source.Status, Now: time.Now, Zone: zone, History: past.store}
			all := operator.Commands()
			maps.Copy(all, commands)
			services = append(services, control.New(control.Options{Name: name, Commands: all, Count: metrics.Commanded, Log: log.With(zap.String("actor", "control"))}))
		}
		if beat.URL.Set() {
			ping, err := heartbeat.New(heartbeat.Options{
				Settings: beat, Healthy: source.Health, Log: log.With(zap.String("actor", "heartbeat")), Now: time.Now, Interval: time.Minute,
			})
			if err != nil { // can't happen: the settings have checked the URL
				log.Warn("config_warning", zap.String("actor", "heartbeat"), zap.Error(err))
				return services
			}
			services = append(services, ping)
		}
		return services
	}
}

func zapLevel(name string) zapcore.Level {
	level, err := zapcore.ParseLevel(name)
	if err != nil {
		return zapcore.InfoLevel // can't happen: the settings have checked it
	}
	return level
}
