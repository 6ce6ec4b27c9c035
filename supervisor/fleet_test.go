package supervisor_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor"
)

var (
	fleetSeed   = flag.Uint64("seed", 0, "the first host of TestFleet; 0: the same hosts each time, from 1 on")
	fleetHosts  = flag.Int("hosts", 0, "how many hosts TestFleet has; 0: few")
	fleetHours  = flag.Int("hours", 24, "how long each host lives, in simulated hours")
	fleetFaults = flag.String("faults", strings.Join(allFaults, ","), "what goes wrong beside the world itself")
)

// Hosts of a usual run, each for a simulated day.
const (
	usualHosts = 10
	shortHosts = 1
)

// A fleet of hosts lives in virtual time, each with the whole tree and fakes at its edges, while
// whatever can fail fails by chance: what its people are told is true, whole and in order.
func TestFleet(t *testing.T) {
	hosts, first := *fleetHosts, max(1, *fleetSeed)
	switch {
	case hosts == 0 && *fleetSeed != 0:
		hosts = 1
	case hosts == 0 && testing.Short():
		hosts = shortHosts
	case hosts == 0:
		hosts = usualHosts
	}
	f := make(faults)
	for _, name := range strings.Split(*fleetFaults, ",") {
		f[name] = true
	}
	total, began := make(map[string]int), time.Now()
	for i := range hosts {
		seed := first + uint64(i)
		wrong, counts := live(t, seed, f, *fleetHours)
		if len(wrong) > 0 {
			f, hours := shrink(t, seed, f, *fleetHours)
			t.Fatalf("%s\n\nto replay: go test ./supervisor -run 'TestFleet$' -seed=%d -hours=%d -faults=%s",
				strings.Join(wrong, "\n"), seed, hours, strings.Join(slices.Sorted(maps.Keys(f)), ","))
		}
		for what, n := range counts {
			total[what] += n
		}
		if hosts > usualHosts && (i+1)%10 == 0 {
			fmt.Printf("%d of %d hosts, %s: %v\n", i+1, hosts, time.Since(began).Round(time.Second), total)
		}
	}
	t.Logf("%d hosts for %d hours each: %v", hosts, *fleetHours, total)
}

// shrink looks for fewer faults and fewer hours with which the host still fails.
func shrink(t *testing.T, seed uint64, f faults, hours int) (faults, int) {
	for _, name := range allFaults {
		fewer := maps.Clone(f)
		delete(fewer, name)
		if wrong, _ := live(t, seed, fewer, hours); f[name] && len(wrong) > 0 {
			f = fewer
		}
	}
	for hours > 1 {
		if wrong, _ := live(t, seed, f, hours/2); len(wrong) == 0 {
			break
		}
		hours /= 2
	}
	return f, hours
}

// live lets one host live, and gives what was wrong and what there was.
func live(t *testing.T, seed uint64, f faults, hours int) (wrong []string, counts map[string]int) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		h := newSite(seed, f)
		p := &process{site: h, wakes: make(chan struct{}, 1)}
		p.start()
		var goroutines []int
		var heap []uint64
		for minute := range hours * 60 {
			time.Sleep(readEvery)
			synctest.Wait()
			calm := minute%480 >= 480-50 || minute >= hours*60-50
			switch {
			case !calm:
				h.turn()
				p.act()
			case minute%480 == 480-50 || minute == hours*60-50:
				h.heal()
				p.unsilence()
			case minute%480 == 479 || minute == hours*60-1:
				var m runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m)
				goroutines, heap = append(goroutines, runtime.NumGoroutine()), append(heap, m.HeapAlloc)
			}
			h.look()
			if h.failed() {
				break
			}
			if minute%480 == 479 {
				h.arm()
			}
		}
		h.heal()
		p.end()
		synctest.Wait()
		h.mu.Lock()
		defer h.mu.Unlock()
		if n := len(goroutines); n > 1 && goroutines[n-1] > goroutines[0]+3 {
			h.wrongs("there were %v goroutines from calm to calm", goroutines)
		}
		if n := len(heap); n > 3 && heap[n-1] > heap[1]*3/2+(4<<20) {
			h.wrongs("the heap was %v bytes from calm to calm", heap)
		}
		wrong, counts = h.wrong, h.counts
	})
	return wrong, counts
}

func (h *site) failed() bool { h.mu.Lock(); defer h.mu.Unlock(); return len(h.wrong) > 0 }

func (h *site) arm() { h.mu.Lock(); defer h.mu.Unlock(); h.armed = true }

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
	p.started, p.ticks, p.steady, p.stopping = time.Now(), nil, time.Time{}, false
	kept, gen := p.kept, p.gen
	p.mu.Unlock()
	settings := fleetSettings(p.version)
	probes, channels := p.partsOf(p.version)
	chances := chance(p.seed, fmt.Sprint("parts", gen))
	parts := supervisor.Parts{
		Tick: readEvery, Settings: settings, Probes: probes, Channels: channels,
		Services: func(*supervisor.Tree) []supervisor.Service { return nil },
		Context: func(context.Context, messages.Notification) notifier.Lines {
			p.panicsNow(chances, "the context", 50)
			return notifier.Lines{Context: []string{"as it was"}}
		},
		Heard: func(r messages.Report) {
			if r.Probe != "steady" {
				p.panicsNow(chances, "who hears reports", 1000)
			}
		},
		Delivered: func(*supervisor.Tree, messages.Receipt) { p.panicsNow(chances, "who hears of deliveries", 50) },
		Log:       zap.New(logCore{LevelEnabler: zapcore.InfoLevel, site: p.site, rng: chances}), Metrics: &fleetMetrics{p.site, chances}, Now: p.now,
		Keep: func(s core.State) bool {
			p.panicsNow(chances, "the store", 300)
			text, err := s.Snapshot()
			p.mu.Lock()
			defer p.mu.Unlock()
			if err != nil {
				p.wrongs("no snapshot: %v", err)
			} else if gen == p.gen {
				p.kept = text
			}
			return true
		},
	}
	if kept != nil {
		state, err := core.Restore(kept, settings, p.now())
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
	p.count("reloads")
	p.version++
	probes, channels := p.partsOf(p.version)
	for i := range probes {
		if probes[i].Name == "docker" {
			probes[i].Wake = p.wakes
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := p.tree.Reload(ctx, supervisor.Change{Settings: fleetSettings(p.version), Probes: probes, Channels: channels}); err != nil {
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
	_ = p.tree.Tell(ctx, m)
}
