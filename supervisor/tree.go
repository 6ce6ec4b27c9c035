package supervisor

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/actors/probe"
)

// How long each stage may take to stop, and all stages together: less than the ten seconds
// after which Docker kills the process.
const (
	stopAll       = 9300 * time.Millisecond
	stopProbes    = 500 * time.Millisecond
	stopNotifiers = 8 * time.Second // for the drain
	stopCore      = 500 * time.Millisecond
	stopSaver     = 500 * time.Millisecond
	stopReload    = 100 * time.Millisecond // a longer reload waits for a notifier, which has its own stage
)

// Tree is the running watchdog.
type Tree struct {
	parts       Parts
	wiring      *wiring
	liveness    *liveness
	lastReports *lastReports
	common      probe.Common // of all probes
	running     atomic.Bool  // the probes have been started
	probes      *stage
	notify      *stage
	core        *stage
	saver       *stage
	services    *stage
	reload      *stage

	// Used by the goroutine of Run until the reload service starts, and then only by that service.
	runningProbes   map[string]*running[ProbePart]
	runningChannels map[string]*running[ChannelPart]
	reloads         chan request
}

// New makes a tree of the parts. It starts nothing.
func New(parts Parts) *Tree {
	h := hook(parts.Log, parts.Metrics)
	t := &Tree{
		parts:       parts,
		wiring:      newWiring(parts),
		liveness:    newLiveness(parts.Tick),
		lastReports: &lastReports{probes: make(map[string]reported)},
		probes:      newStage("probes", parts, h, stopProbes),
		notify:      newStage("notifiers", parts, h, stopNotifiers+time.Second/2),
		core:        newStage("core", parts, h, stopCore),
		saver:       newStage("store", parts, h, stopSaver),
		services:    newStage("services", parts, h, stopProbes),
		reload:      newStage("reload", parts, h, stopReload),

		runningProbes:   make(map[string]*running[ProbePart]),
		runningChannels: make(map[string]*running[ChannelPart]),
		reloads:         make(chan request),
	}
	t.common = probe.Common{Emit: t.receiveReport, EmitEdge: t.receiveEdge, Log: parts.Log, Now: parts.Now, Beat: t.liveness.beat}
	return t
}

// State returns the present state of the core.
func (t *Tree) State() core.State { return *t.wiring.state.Load() }

// Run runs the tree until the context ends. Then it stops the stages in order: the probes, the
// notifiers with their drain, the core, which still takes the receipts of the drain, and the
// saver, which saves them. Run returns nil after such a stop. It returns an error if the core,
// the saver or a notifier made no progress: then the process should exit and be restarted.
func (t *Tree) Run(ctx context.Context) error {
	t.notify.start()
	t.saver.start()
	t.core.start()
	if t.parts.SaveState != nil {
		t.saver.add(t.newSaver())
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
	t.parts.Probes, t.parts.Channels, t.parts.Services = nil, nil, nil // to free the settings that they hold
	t.reload.start()
	t.reload.add(reloading{t})

	err := t.watch(ctx)

	t.log().Info("stopping")
	over, cancel := context.WithTimeout(context.Background(), stopAll)
	defer cancel()
	for _, s := range []*stage{t.reload, t.probes, t.notify, t.core, t.saver, t.services} {
		s.end(over)
	}
	return err
}

// watch waits until the context ends (nil) or a vital actor makes no progress (an error).
func (t *Tree) watch(ctx context.Context) error {
	look := time.NewTicker(t.liveness.every)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
			t.liveness.look()
		}
		if stuck := t.liveness.fatal(); len(stuck) > 0 {
			err := fmt.Errorf("%s: the process exits so that it is restarted", strings.Join(stuck, ", "))
			t.log().Error("no_progress", zap.Error(err))
			return err
		}
	}
}

// log returns the logger of the tree itself.
func (t *Tree) log() *zap.Logger { return t.parts.Log.With(ownActor) }
