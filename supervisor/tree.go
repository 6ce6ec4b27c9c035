package supervisor

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/core"
)

// How long each stage may take to stop, and all of them together: less than the ten
// seconds after which Docker kills.
const (
	stopAll       = 9300 * time.Millisecond
	stopProbes    = 500 * time.Millisecond
	stopNotifiers = 8 * time.Second // they send what can be sent
	stopCore      = 500 * time.Millisecond
	stopSaver     = 500 * time.Millisecond
	stopReload    = 100 * time.Millisecond // one that lasts is waiting for a notifier, which has its own stage
)

// Tree is the running watchdog.
type Tree struct {
	parts       Parts
	wiring      *wiring
	liveness    *Liveness
	lastReports *lastReports
	running     atomic.Bool // the probes were started
	probes      *stage
	notify      *stage
	core        *stage
	keep        *stage
	services    *stage
	reload      *stage

	// Of the goroutine that runs the tree, and then of the one that reloads it.
	runningProbes   map[string]*running[ProbePart]
	runningChannels map[string]*running[ChannelPart]
	reloads         chan request
}

// New wires the parts and starts nothing.
func New(parts Parts) *Tree {
	h := hook(parts.Log, parts.Metrics)
	return &Tree{
		parts:       parts,
		wiring:      newWiring(parts),
		liveness:    newLiveness(parts.Tick),
		lastReports: &lastReports{probes: make(map[string]reported)},
		probes:      newStage("probes", parts, h, stopProbes),
		notify:      newStage("notifiers", parts, h, stopNotifiers+time.Second/2),
		core:        newStage("core", parts, h, stopCore),
		keep:        newStage("store", parts, h, stopSaver),
		services:    newStage("services", parts, h, stopProbes),
		reload:      newStage("reload", parts, h, stopReload),

		runningProbes:   make(map[string]*running[ProbePart]),
		runningChannels: make(map[string]*running[ChannelPart]),
		reloads:         make(chan request),
	}
}

// State gives the state of the core as it is now.
func (t *Tree) State() core.State { return *t.wiring.state.Load() }

// Liveness gives who made no progress.
func (t *Tree) Liveness() *Liveness { return t.liveness }

// Run runs the tree until the context ends, and then stops it in order: the probes,
// then the notifiers with their drain, then the core, so that the receipts of the
// drain still reach it, then the saver, so that it keeps them. The error is nil for such
// a stop; it is not where the core, the saver or a notifier made no progress, and the
// process should end so that it is started anew.
func (t *Tree) Run(ctx context.Context) error {
	t.notify.start()
	t.keep.start()
	t.core.start()
	if t.parts.Keep != nil {
		t.keep.add(t.newSaver())
	}
	t.core.add(t.newCore())
	t.core.add(t.newClock())
	t.probes.start()
	t.replace(t.parts.Probes, t.parts.Channels)
	t.running.Store(true)
	t.services.start()
	for _, s := range t.parts.Services(t) {
		t.services.add(s)
	}
	t.parts.Probes, t.parts.Channels, t.parts.Services = nil, nil, nil // they run, and hold on to the settings that they were made of
	t.reload.start()
	t.reload.add(reloading{t})

	err := t.watch(ctx)

	t.log().Info("stopping")
	over, cancel := context.WithTimeout(context.Background(), stopAll)
	defer cancel()
	for _, s := range []*stage{t.reload, t.probes, t.notify, t.core, t.keep, t.services} {
		s.end(over)
	}
	return err
}

// watch waits for the end: the context's, or that of progress.
func (t *Tree) watch(ctx context.Context) error {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
			t.liveness.look()
		}
		if stuck := t.liveness.fatal(); len(stuck) > 0 {
			err := fmt.Errorf("%s: the process ends so that it is started anew", strings.Join(stuck, ", "))
			t.log().Error("no_progress", zap.Error(err))
			return err
		}
	}
}

// log is that of the tree itself.
func (t *Tree) log() *zap.Logger { return t.parts.Log.With(itself) }
