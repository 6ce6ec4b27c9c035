package supervisor_test

import (
	"context"
	"fmt"
	"maps"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor"
)

// process is one run of the watchdog on a host after the other.
type process struct {
	*site
	tree    *supervisor.Tree
	cancel  context.CancelFunc
	ended   chan error
	version int
	wakes   chan struct{}
}

func (p *process) start() {
	p.mu.Lock()
	p.gen++
	p.started, p.ticked, p.steady, p.stopping = time.Now(), time.Time{}, time.Time{}, false
	kept, gen := p.kept, p.gen
	p.mu.Unlock()
	settings := p.settings(p.version)
	probes, channels := p.partsOf(p.version)
	chances := chance(p.seed, fmt.Sprint("parts", gen))
	parts := supervisor.Parts{
		Tick: p.tick, Settings: settings, Probes: probes, Channels: channels,
		Services: func(*supervisor.Tree) []supervisor.Service { return nil },
		Context: func(context.Context, messages.Notification) notifier.Lines {
			p.panicsNow(chances, "the context", 50)
			return notifier.Lines{Context: []string{"as it was"}}
		},
		OnReport: func(r messages.Report) {
			if r.Probe != "steady" {
				p.panicsNow(chances, "who hears reports", p.perReading(1000))
			}
		},
		OnDelivered: func(*supervisor.Tree, messages.Receipt) { p.panicsNow(chances, "who hears of deliveries", 50) },
		Log:         zap.New(logCore{LevelEnabler: zapcore.InfoLevel, site: p.site, rng: chances}), Metrics: &fleetMetrics{p.site, chances}, Now: p.now,
		SaveState: func(s core.State) bool {
			p.panicsNow(chances, "the store", 300)
			p.mu.Lock()
			defer p.mu.Unlock()
			if gen == p.gen {
				p.kept = &s
			}
			return true
		},
	}
	if kept != nil {
		text, err := kept.Snapshot() // not with every change: that would be a third of all that is computed
		if err != nil {
			panic(err)
		}
		state, err := core.Restore(text, settings, p.now())
		if err != nil {
			panic(err)
		}
		parts.State = &state
	}
	for i := range parts.Probes {
		if parts.Probes[i].Name == "docker" {
			parts.Probes[i].Wake = p.wakes
		}
	}
	p.tree = supervisor.New(parts)
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel, p.ended = cancel, make(chan error, 1)
	go func(tree *supervisor.Tree, ended chan<- error) { ended <- tree.Run(ctx) }(p.tree, p.ended)
	synctest.Wait()
	p.arm()
}

// end stops the process, as SIGTERM does.
func (p *process) end() {
	p.mu.Lock()
	p.stopping = true
	p.mu.Unlock()
	p.cancel()
	if err := <-p.ended; err != nil {
		p.mu.Lock()
		p.wrongs("the tree ended with %v", err)
		p.mu.Unlock()
	}
}

// crash ends it as SIGKILL does: nothing is sent or kept any more.
func (p *process) crash() {
	p.mu.Lock()
	p.gen++
	p.shots, p.stopping = nil, true // what was not kept is lost
	if time.Since(p.unsilenced) < time.Minute {
		p.quiet = p.quietBefore
	}
	p.mu.Unlock()
	p.end()
}

// act is what people and the machine do to the process, once a minute.
func (p *process) act() {
	p.mu.Lock()
	rng, armed := p.rng, p.faults
	p.mu.Unlock()
	if rng.oneIn(10) {
		select {
		case p.wakes <- struct{}{}:
		default:
		}
	}
	if armed["panics"] && rng.oneIn(60) {
		p.tree.Poison()
	}
	if armed["people"] && rng.oneIn(30) {
		p.ask()
	}
	if armed["reloads"] && rng.oneIn(120) {
		p.reload()
	}
	if armed["restarts"] && rng.oneIn(240) {
		p.count("restarts")
		if rng.oneIn(2) {
			p.crash()
		} else {
			p.end()
		}
		p.heal()
		time.Sleep(rng.minutes(0, 20))
		p.start()
	}
}

func (p *process) count(what string) { p.mu.Lock(); defer p.mu.Unlock(); p.counts[what]++ }

func (p *process) reload() {
	p.mu.Lock()
	p.counts["reloads"]++
	p.version++
	p.reloaded = time.Now()
	p.mu.Unlock()
	probes, channels := p.partsOf(p.version)
	for i := range probes {
		if probes[i].Name == "docker" {
			probes[i].Wake = p.wakes
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := p.tree.Reload(ctx, supervisor.Change{Settings: p.settings(p.version), Probes: probes, Channels: channels}); err != nil {
		p.mu.Lock()
		p.wrongs("a reload: %v", err)
		p.mu.Unlock()
	}
}

// ask is somebody who acknowledges or silences something.
func (p *process) ask() {
	key := p.keys[p.rng.below(len(p.keys))]
	now := p.now()
	var m messages.Message = messages.Acknowledge{At: now, By: messages.Asker{Name: "Ann"}, Troubles: []messages.Trouble{{Signal: key}}}
	switch p.rng.below(4) {
	default:
		p.mu.Lock()
		p.acked[key] = time.Now()
		p.mu.Unlock()
	case 0:
		lasts := p.rng.minutes(5, 90)
		m = messages.Silence{At: now, By: messages.Asker{Name: "Ann"}, Signals: []string{string(key)}, For: lasts}
		p.mu.Lock()
		if until := time.Now().Add(lasts); until.After(p.quiet[key]) {
			p.quiet[key] = until
		}
		p.mu.Unlock()
	case 1:
		p.unsilence()
		return
	}
	p.tell(m)
}

func (p *process) unsilence() {
	p.tell(messages.Unsilence{At: p.now(), All: true})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unsilenced, p.quietBefore = time.Now(), maps.Clone(p.quiet)
	for key, until := range p.quiet {
		if until.After(time.Now()) {
			p.quiet[key] = time.Now()
		}
	}
}

func (p *process) tell(m messages.Message) {
	p.count("requests")
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_ = p.tree.Send(ctx, m)
}
