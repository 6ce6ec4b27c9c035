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
	"orchestrator-watchdog/supervisor"
	"orchestrator-watchdog/supervisor/assembly"
)

// readLimit bounds the time to read the settings, because the disk of a file may hang.
const readLimit = 10 * time.Second

var (
	errSlowSettings = errors.New("the settings could not be read within " + readLimit.String() +
		": does the disk of WATCHDOG_CONFIG, or of a file that it names, hang? Reload again when it is back")
	errSettingsPanic = errors.New("reading the settings panicked: see the log event actor_panicked, and report it")
	errDisabled      = errors.New("WATCHDOG_ENABLED: false needs a restart")
)

// reloader reloads the settings while the daemon runs: the YAML file and the files of secrets.
// The environment of a process does not change.
type reloader struct {
	world   world
	shared  *assembly.Shared
	tree    *supervisor.Tree
	polls   *pollChanges
	log     logbook
	own     *zap.Logger
	started config.Daemon  // the settings of the start
	content config.Content // of the settings in effect
	reading *worker.Worker[candidate]
	files   *watchedFiles
	warned  []string // warnings about replaced files, each logged once
}

// candidate is a valid configuration that was read, and what it would change.
type candidate struct {
	cfg      *config.Config
	change   supervisor.Change
	content  config.Content // of the settings as read
	warnings []string
	files    []string // the files that it was read from
}

func newReloader(w world, shared *assembly.Shared, tree *supervisor.Tree, polls *pollChanges, log logbook, own *zap.Logger, cfg *config.Config, files *watchedFiles) *reloader {
	return &reloader{
		world: w, shared: shared, tree: tree, polls: polls, log: log, own: own,
		started: cfg.Daemon, content: cfg.Content(), reading: worker.New[candidate](),
		files: files,
	}
}

// serve reloads at every SIGHUP, at every request, and when a look finds a changed file,
// until the context ends.
func (r *reloader) serve(ctx context.Context, hangups <-chan os.Signal, asks <-chan askReload, looks <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangups:
			_, _ = r.reload(ctx) // reload logs the outcome
		case ask := <-asks:
			report, err := r.reload(ctx)
			ask <- reloadOutcome{report, err}
		case <-looks:
			r.warnOfReplaced()
			if r.files.settled(ctx) {
				_, _ = r.reload(ctx) // reload logs the outcome
			}
		}
	}
}

// warnOfReplaced warns once about each mounted file that was replaced on the host: a reload
// still reads its former content.
func (r *reloader) warnOfReplaced() {
	for _, warning := range replaced(r.files.paths) {
		if !slices.Contains(r.warned, warning) {
			r.warned = append(r.warned, warning)
			warn(r.own, []string{warning})
		}
	}
}

// reload applies the new settings or, if one is invalid, none of them. It logs the outcome.
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

// read reads the settings within readLimit. A read that hangs is abandoned, and its result is
// discarded.
func (r *reloader) read(ctx context.Context) (candidate, error) {
	if !r.reading.Start(r.candidate) {
		return candidate{}, errSlowSettings // the previous read still hangs
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

// candidate reads the settings and builds what they describe, without touching what runs.
func (r *reloader) candidate() (candidate, error) {
	cfg, warnings, err := load(r.world)
	r.log.redactor.learn(cfg.Secrets())
	if !cfg.Enabled {
		return candidate{files: assembly.Files(cfg)}, errors.Join(err, errDisabled)
	}
	content := cfg.Content()
	cfg.Tick, cfg.HostLabel, cfg.Zone = r.started.Tick, r.started.HostLabel, r.started.Zone // new parts have them, too
	change, errChange := assembly.Change(cfg, r.shared, r.log.Logger)
	if err := errors.Join(err, errChange); err != nil {
		return candidate{files: assembly.Files(cfg)}, err
	}
	return candidate{cfg, change, content, allWarnings(cfg, change.Settings, warnings), assembly.Files(cfg)}, nil
}

// take puts the settings into effect and reports what changed, by names without values.
func (r *reloader) take(ctx context.Context, next candidate) (report, error) {
	r.log.level.SetLevel(zapLevel(next.cfg.LogLevel))
	parts, err := r.tree.Reload(ctx, next.change)
	if err != nil {
		return report{}, err
	}
	r.polls.reloaded(next.cfg)
	r.shared.Follow(next.cfg)
	content := r.content.Keeping(next.content, assembly.Kinds.Fixed()...)
	done := report{r.content.Changed(content), parts.Added, parts.Removed, parts.Replaced, next.warnings}
	r.content = content
	for _, name := range content.Changed(next.content) {
		done.warnings = append(done.warnings, name+" has changed: it takes effect after a restart")
	}
	if len(done.settings) > 0 {
		r.shared.Changed(time.Now(), "the watchdog's settings were reloaded: "+strings.Join(done.settings, ", "))
	}
	r.own.Info("reloaded", zap.Strings("settings", done.settings),
		zap.Strings("added", done.added), zap.Strings("removed", done.removed), zap.Strings("replaced", done.replaced))
	warn(r.own, done.warnings)
	saveMemory()
	return done, nil
}
