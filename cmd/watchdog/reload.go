package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/worker"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/messages/secret"
	"orchestrator-watchdog/supervisor"
	"orchestrator-watchdog/supervisor/assembly"
)

// readLimit bounds how long the settings may take to be read: a file can hang as its disk does.
const readLimit = 10 * time.Second

var (
	errSlowSettings = errors.New("reading the settings has not ended within " + readLimit.String() +
		": does the disk of WATCHDOG_CONFIG, or of a file that it names, hang? Send SIGHUP again when it does not")
	errSettingsPanic = errors.New("reading the settings panicked: see the log event actor_panicked, and report it")
	errDisabled      = errors.New("WATCHDOG_ENABLED: false takes a restart")
)

// reloader reads the settings anew while the daemon runs. The environment of a process
// does not change; the YAML file and the files of secrets do.
type reloader struct {
	world   world
	shared  *assembly.Shared
	tree    *supervisor.Tree
	talks   *talks
	log     logbook
	own     *zap.Logger
	fixed   fixed
	content config.Content // of the settings in effect
	reading *worker.Worker[candidate]
	files   *watchedFiles
	warned  []string // of files that were replaced
}

// candidate is a configuration that was read and is valid, and what would become of it.
type candidate struct {
	cfg      *config.Config
	change   supervisor.Change
	content  config.Content // as it was read
	warnings []string
	files    []string // that it was read from
}

func newReloader(w world, shared *assembly.Shared, tree *supervisor.Tree, talks *talks, log logbook, own *zap.Logger, cfg *config.Config, files *watchedFiles) *reloader {
	return &reloader{
		world: w, shared: shared, tree: tree, talks: talks, log: log, own: own,
		fixed: fixedOf(cfg), content: cfg.Content(), reading: worker.New[candidate](),
		files: files,
	}
}

// serve reloads at every SIGHUP, whenever somebody asks, and at a look that finds a file
// changed, until the context ends.
func (r *reloader) serve(ctx context.Context, hangups <-chan os.Signal, asks <-chan askReload, looks <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangups:
			_, _ = r.reload(ctx) // it is in the log
		case ask := <-asks:
			report, err := r.reload(ctx)
			ask <- reloadOutcome{report, err}
		case <-looks:
			r.warnOfReplaced()
			if r.files.settled(ctx) {
				_, _ = r.reload(ctx) // it is in the log
			}
		}
	}
}

// warnOfReplaced says once of each mounted file that was replaced on the host: what a
// reload reads is the former one.
func (r *reloader) warnOfReplaced() {
	for _, warning := range replaced(r.files.paths) {
		if !slices.Contains(r.warned, warning) {
			r.warned = append(r.warned, warning)
			warn(r.own, []string{warning})
		}
	}
}

// reload takes all of the new settings or, where one is wrong, none. The log has what came
// of it.
func (r *reloader) reload(ctx context.Context) (report, error) {
	before := r.files.look()
	next, err := r.read(ctx)
	if next.files != nil {
		r.files.follow(next.files, before)
	}
	if err == nil {
		var done report
		if done, err = r.take(ctx, next); err == nil {
			return done, nil
		}
	}
	if ctx.Err() == nil {
		for problem := range strings.Lines(err.Error()) {
			r.own.Error("reload_failed", zap.String("detail", strings.TrimSpace(problem)))
		}
	}
	return report{}, err
}

// read reads the settings within the limit. What hangs is left behind; what it brings
// when it returns is not used.
func (r *reloader) read(ctx context.Context) (candidate, error) {
	if !r.reading.Start(r.candidate) {
		return candidate{}, errSlowSettings // that of the time before still does
	}
	limit := time.NewTimer(readLimit)
	defer limit.Stop()
	select {
	case <-ctx.Done():
		return candidate{}, ctx.Err()
	case <-limit.C:
		return candidate{}, errSlowSettings
	case result := <-r.reading.Done():
		if p := result.Panic; p != nil {
			r.own.Error("actor_panicked", zap.Stringer("panic", p), zap.ByteString("stack", p.Stack))
			return candidate{}, errSettingsPanic
		}
		return result.Value, result.Err
	}
}

// candidate reads the settings and makes what they say; nothing that runs is touched.
func (r *reloader) candidate() (candidate, error) {
	cfg, warnings, err := load(r.world)
	r.log.redactor.learn(cfg.Secrets())
	if !cfg.Enabled {
		return candidate{files: assembly.Files(cfg)}, errors.Join(err, errDisabled)
	}
	content := cfg.Content()
	r.fixed.keep(cfg)
	change, errChange := assembly.Change(cfg, r.shared, r.log.Logger)
	if err := errors.Join(err, errChange); err != nil {
		return candidate{files: assembly.Files(cfg)}, err
	}
	return candidate{cfg, change, content, allWarnings(cfg, change.Settings, warnings), assembly.Files(cfg)}, nil
}

// take makes the settings those in effect, and says what that changed: names, no values.
func (r *reloader) take(ctx context.Context, next candidate) (report, error) {
	r.log.level.SetLevel(zapLevel(next.cfg.LogLevel))
	parts, err := r.tree.Reload(ctx, next.change)
	if err != nil {
		return report{}, err
	}
	r.talks.reloaded(next.cfg)
	r.shared.Follow(next.cfg)
	content := r.content.Keeping(next.content, fixedNames...)
	done := report{r.content.Changed(content), parts.Added, parts.Removed, parts.Replaced, next.warnings}
	r.content = content
	for _, name := range content.Changed(next.content) {
		done.warnings = append(done.warnings, name+" has changed: it takes effect when the watchdog is started anew")
	}
	if len(done.settings) > 0 {
		r.shared.Changed(time.Now(), "the watchdog's settings were reloaded: "+strings.Join(done.settings, ", "))
	}
	r.own.Info("reloaded", zap.Strings("settings", done.settings),
		zap.Strings("added", done.added), zap.Strings("removed", done.removed), zap.Strings("replaced", done.replaced))
	warn(r.own, done.warnings)
	slim()
	return done, nil
}

// fixed are the settings that hold as long as the process: what listens, ticks or was
// opened when it started.
type fixed struct {
	tick                         time.Duration
	hostLabel, listen, stateFile string
	heartbeat                    secret.Text
	zone                         *time.Location
}

var fixedNames = []string{"WATCHDOG_TICK", "WATCHDOG_HOST_LABEL", "WATCHDOG_LISTEN", "WATCHDOG_STATE_FILE", "WATCHDOG_HEARTBEAT_URL", "WATCHDOG_CONTROL", "WATCHDOG_TIMEZONE", "WATCHDOG_HISTORY", "WATCHDOG_TELEGRAM_COMMANDS", "WATCHDOG_TELEGRAM_OPERATORS", "WATCHDOG_TELEGRAM_CHARTS", "WATCHDOG_CONTAINERS_LOG_LINES"}

func fixedOf(cfg *config.Config) fixed {
	return fixed{cfg.Tick, cfg.HostLabel, cfg.Listen, cfg.StateFile, cfg.Heartbeat, cfg.Zone}
}

// keep gives the configuration the settings that hold.
func (f fixed) keep(cfg *config.Config) {
	cfg.Tick, cfg.HostLabel, cfg.Listen, cfg.StateFile, cfg.Heartbeat, cfg.Zone = f.tick, f.hostLabel, f.listen, f.stateFile, f.heartbeat, f.zone
}
